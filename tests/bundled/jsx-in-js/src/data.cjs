module.exports = { start: 3 };
