globalThis.scribe.text = "a scribe writes";
