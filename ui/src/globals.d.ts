/** The version of the interface, written in at build time. */
declare const __APP_VERSION__: string;
