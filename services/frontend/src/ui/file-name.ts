/** The last part of a path: the name of its file or folder. */
export const fileName = (path: string) => path.split("/").filter(Boolean).at(-1) ?? "";
