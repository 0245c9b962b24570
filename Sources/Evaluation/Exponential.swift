#if canImport(Darwin)
    private import Darwin
#else
    private import Glibc
#endif

/// eˣ.
func exponential(_ x: Double) -> Double { exp(x) }
