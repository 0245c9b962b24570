import CKernels
import Dispatch
import Synchronization

/// Threads that share a loop with the thread that runs it.
///
/// A layer is some twenty loops of a millisecond, and waking a thread takes a good part of one: between loops the threads
/// stay awake for a moment before they sleep.
///
/// `@unchecked Sendable` because `job` is written only by who holds `taken`, while no worker may read it.
final class WorkerTeam: @unchecked Sendable {
    private let taken = Atomic(false)
    /// Which loop is on, whether workers may still join it, and how many are at it: see `Attendance`.
    private let attendance = Atomic(0)
    private let sleeping = Atomic(0)
    private let awaited = Atomic(false)
    private let wake = DispatchSemaphore(value: 0)
    private let left = DispatchSemaphore(value: 0)
    private var job: @Sendable () -> Void = {}
    private let seats = Atomic(0)

    /// How often a thread looks again before it sleeps: about 0.1 ms.
    private static let patience = 1500

    /// A team of `count` threads besides the callers of `run`.
    init(_ count: Int) {
        for index in 0..<count {
            DispatchQueue(label: "worker \(index)").async { [self] in serve() }
        }
    }

    /// Calls `body` on this thread, and meanwhile at most once on up to `helpers` others, and returns when all have ended;
    /// false, and nothing is called, while another thread has the team.
    func run(helpers: Int, _ body: @Sendable () -> Void) -> Bool {
        guard taken.compareExchange(expected: false, desired: true, ordering: .acquiring).exchanged else {
            return false
        }
        withoutActuallyEscaping(body) { body in
            job = body
            seats.store(helpers, ordering: .relaxed)
            let now = Attendance(attendance.load(ordering: .relaxed))
            attendance.store(
                Attendance(loop: now.loop + 1, isOpen: true, workers: 0).word, ordering: .sequentiallyConsistent)
            for _ in 0..<min(helpers, sleeping.load(ordering: .sequentiallyConsistent)) { wake.signal() }
            body()
            close()
            job = {}
        }
        taken.store(false, ordering: .releasing)
        return true
    }

    /// Lets nobody join any more, and waits for those who did.
    private func close() {
        attendance.bitwiseAnd(~Attendance.open, ordering: .sequentiallyConsistent)
        for _ in 0..<Self.patience {
            if Attendance(attendance.load(ordering: .acquiring)).workers == 0 { return }
            pause_thread()
        }
        awaited.store(true, ordering: .sequentiallyConsistent)
        while Attendance(attendance.load(ordering: .sequentiallyConsistent)).workers > 0 { left.wait() }
        awaited.store(false, ordering: .relaxed)
    }

    /// What a worker does for ever.
    private func serve() {
        var last = 0
        while true {
            last = join(after: last)
            job()
            let now = Attendance(attendance.subtract(1, ordering: .sequentiallyConsistent).newValue)
            if now.workers == 0, awaited.load(ordering: .sequentiallyConsistent) { left.signal() }
        }
    }

    /// Waits for a loop after the `last` and takes part in it; its number.
    private func join(after last: Int) -> Int {
        while true {
            for _ in 0..<Self.patience {
                if let loop = tryJoining(after: last) { return loop }
                pause_thread()
            }
            sleeping.add(1, ordering: .sequentiallyConsistent)
            let loop = tryJoining(after: last)
            if loop == nil { wake.wait() }
            sleeping.subtract(1, ordering: .sequentiallyConsistent)
            if let loop { return loop }
        }
    }

    private func tryJoining(after last: Int) -> Int? {
        let word = attendance.load(ordering: .sequentiallyConsistent)
        let now = Attendance(word)
        // The seats are another loop's only if this worker comes too late to be counted in.
        guard now.isOpen, now.loop != last, now.workers < seats.load(ordering: .relaxed),
            attendance.compareExchange(expected: word, desired: word + 1, ordering: .sequentiallyConsistent).exchanged
        else { return nil }
        return now.loop
    }
}

/// The number of a loop, whether workers may join it and how many are at it, in one word.
private struct Attendance {
    static let open = 1 << 16
    private static let loopShift = 17

    let loop: Int
    let isOpen: Bool
    let workers: Int

    init(loop: Int, isOpen: Bool, workers: Int) {
        (self.loop, self.isOpen, self.workers) = (loop, isOpen, workers)
    }

    init(_ word: Int) {
        self.init(loop: word >> Self.loopShift, isOpen: word & Self.open != 0, workers: word & (Self.open - 1))
    }

    var word: Int { loop << Self.loopShift | (isOpen ? Self.open : 0) | workers }
}
