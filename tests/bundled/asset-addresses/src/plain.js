export const secret = "as it was sent";
