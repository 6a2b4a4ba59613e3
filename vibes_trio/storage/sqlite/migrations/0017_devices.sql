-- A user's devices in the order in which they are listed.

CREATE INDEX Certificates_userId_issued ON Certificates (userId, issued, serial);
