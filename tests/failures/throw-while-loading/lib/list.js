const config = undefined;

export const LIST = config.rows; //!
