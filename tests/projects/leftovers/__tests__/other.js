throw new Error("a test ran");
