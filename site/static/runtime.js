// Where Run gets Python from (Pyodide: its files and those of NumPy and SciPy).  A school without a network lays the same files on its
// own server and writes their address here, with a slash at its end, or a place beside this file such as "../pyodide/".
const RUNTIME = "https://cdn.jsdelivr.net/pyodide/v314.0.7/full/";
