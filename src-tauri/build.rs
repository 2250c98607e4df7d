//! Bakes the configuration, the capabilities and, with `custom-protocol`, the page into the window.

fn main() {
    // The configuration is found beside the manifest; the capabilities live beside the sources.
    let attributes =
        tauri_build::Attributes::new().capabilities_path_pattern("src-tauri/capabilities/**/*");
    if let Err(error) = tauri_build::try_build(attributes) {
        eprintln!("{error:#}");
        std::process::exit(1);
    }
}
