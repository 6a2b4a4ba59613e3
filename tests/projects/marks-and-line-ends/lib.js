#!/usr/bin/env node
export const said = "shell";
