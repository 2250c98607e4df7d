/** Gives bytes to the browser as a file. */
export function saveBlob(name: string, bytes: Blob): void {
  const address = URL.createObjectURL(bytes);
  const link = document.createElement("a");
  link.href = address;
  link.download = name.replaceAll(/[^\w.-]+/g, "-");
  link.click();
  URL.revokeObjectURL(address);
}

export const saveText = (name: string, text: string): void => saveBlob(name, new Blob([text], { type: "application/json" }));
