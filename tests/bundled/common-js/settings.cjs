module.exports = { name: "old ways" };
