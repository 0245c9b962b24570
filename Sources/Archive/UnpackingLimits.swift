import FoundationEssentials
import System

/// What unpacking may cost, so that one hostile archive costs little: it is known before memory or disk is asked for.
struct UnpackingLimits {
    private let file: String
    /// Bytes that may come out of the archive.
    private let byteCount: Int
    private var taken = 0

    /// Weights that were trained shrink by half at most, zeros among them by more; bombs shrink a thousandfold.
    private static let greatestRatio = 100
    /// What is always allowed.
    private static let allowance = 1 << 24

    /// The limits of a source's file by its size on the disk.
    init(of location: URL) throws(ArchiveError) {
        let size = try ArchiveError.attempt { () throws(SystemError) in try FileStatus(of: location) }.byteCount
        let (product, overflow) = size.multipliedReportingOverflow(by: Self.greatestRatio)
        byteCount =
            overflow ? .max : product.addingReportingOverflow(Self.allowance).overflow ? .max : product + Self.allowance
        file = location.path(percentEncoded: false)
    }

    /// Counts bytes that are about to come out.
    mutating func take(_ count: Int) throws(ArchiveError) {
        let (sum, overflow) = taken.addingReportingOverflow(count)
        guard !overflow, sum <= byteCount else { throw .expandsTooMuch(file: file, byteCount: sum, limit: byteCount) }
        taken = sum
    }

    /// Refuses a file beside weights that is larger than any has reason to be: the largest tokenizers have 35 MB.
    static func check(
        companion name: String, at path: String, byteCount: Int, in file: String
    ) throws(ArchiveError) {
        let limit = name == FileNames.configuration ? configurationByteLimit : companionByteLimit
        guard byteCount <= limit else {
            throw .companionTooLarge(file: file, entry: path, byteCount: byteCount, limit: limit)
        }
    }

    /// `Checkpoint` reads no larger configuration.
    private static let configurationByteLimit = 1 << 22
    private static let companionByteLimit = 1 << 26
}

/// How many files beside weights one archive may make, and how much of the disk they may take together.
struct CompanionLimits {
    private var (count, byteCount) = (0, 0)

    private static let (greatestCount, greatestByteCount) = (4096, 1 << 26)
    /// What a file takes on the disk, however short it is.
    private static let blockByteCount = 4096

    /// Counts a file that is about to be written.
    mutating func take(_ byteCount: Int, in file: String) throws(ArchiveError) {
        count += 1
        // No file is larger than `UnpackingLimits.check` allows, so the sum is no large number.
        self.byteCount += max(byteCount, Self.blockByteCount)
        guard count <= Self.greatestCount, self.byteCount <= Self.greatestByteCount else {
            throw .tooMuchBesideWeights(
                file: file, files: Self.greatestCount, byteCount: Self.greatestByteCount)
        }
    }
}
