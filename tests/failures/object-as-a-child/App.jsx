// A weather app 🌦

/**
 * Made for testing.
 */
import React, { useEffect, useState } from "react";

const user = { name: 'Ada' };

function Badge() { //!
  return <b>{user}</b>;
}

export default () => <p><Badge /></p>;
