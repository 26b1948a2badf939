// Ink imports the React developer tools only when DEV is set; the bundle gets this instead of them.
export default {};
