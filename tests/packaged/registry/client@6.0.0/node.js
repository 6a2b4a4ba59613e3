import http from "http";
export const by = "node " + http;
