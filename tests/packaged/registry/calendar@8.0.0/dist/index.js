module.exports = { month: () => "March" };
