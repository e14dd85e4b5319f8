"""Plans by the thousand: the same lowering and the same rules on arrays of sizes, paddings and splits."""
