// more

export * from "no-such-package"; //!
