#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// Clocks that only run forward.
package enum Clock {
    /// Seconds since some moment in the past.
    package static var seconds: Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }

    /// User and system time that all threads of this process have taken, in seconds.
    package static var processorSeconds: Double {
        let usage = ownUsage()
        return seconds(usage.ru_utime) + seconds(usage.ru_stime)
    }

    /// Waits so long, or until a signal comes.
    package static func sleep(seconds: Double) {
        let whole = seconds.rounded(.down)
        var time = timespec(tv_sec: .init(whole), tv_nsec: .init((seconds - whole) * 1e9))
        nanosleep(&time, nil)
    }

    private static func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) * 1e-6 }
}

/// What this process has taken so far.
func ownUsage() -> rusage {
    var usage = rusage()
    #if canImport(Glibc)
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    #else
        getrusage(RUSAGE_SELF, &usage)
    #endif
    return usage
}
