// swift-tools-version: 6.2
import PackageDescription

/// AVX2, FMA and half-precision conversion (x86-64 of 2013 and later), as the kernels need them.
/// Without these flags `addProduct`, `rounded` and Float16 conversion become library calls.
#if arch(x86_64)
    let processorFlags = ["-Xcc", "-mavx2", "-Xcc", "-mfma", "-Xcc", "-mf16c"]
    /// For the one target that runs only where the processor has them.
    let wideFlags = processorFlags + ["f", "bw", "dq", "vl"].flatMap { ["-Xcc", "-mavx512" + $0] }
#else
    let processorFlags: [String] = []
    let wideFlags: [String] = []
#endif

let languageSettings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]
let settings = languageSettings + [.unsafeFlags(processorFlags)]

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let sqlite = Target.Dependency.product(name: "GRDBSQLite", package: "GRDB.swift")
let numerics = Target.Dependency.product(name: "Numerics", package: "swift-numerics")
let system = Target.Dependency.product(name: "SystemPackage", package: "swift-system")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

func library(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

func command(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(name: name, dependencies: dependencies + [argumentParser], swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name + "Tests", dependencies: dependencies + ["TestSupport"], swiftSettings: settings)
}

/// What libFuzzer drives, of `Pipelines/fuzz.sh`; its entry point is the sanitizer's.
let fuzzing: [Target] =
    Context.environment["QID_FUZZ"] == nil
    ? []
    : [
        .executableTarget(
            name: "qid-fuzz", dependencies: ["FuzzParsers"], path: "Tests/Fuzz/Driver", swiftSettings: settings)
    ]

let package = Package(
    name: "qid",
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-numerics", from: "1.1.1"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swiftlang/swift-docc-plugin", from: "1.5.0"),
    ],
    targets: [
        .systemLibrary(name: "CZlib", providers: [.apt(["libz-dev"])]),
        .systemLibrary(name: "CZstd", providers: [.apt(["libzstd-dev"])]),
        .target(name: "CPlatform"),
        library("System", ["CPlatform", system]),
        library("JSON"),
        library("Presentation", [numerics]),
        library("Vectors", ["CKernels"]),
        .target(
            name: "KernelsAVX512", dependencies: ["CKernels", "Vectors"],
            swiftSettings: languageSettings + [.unsafeFlags(wideFlags)]),
        .target(name: "CKernels"),
        library("Kernels", ["CKernels", "Vectors", "KernelsAVX512", numerics]),
        library("Mathematics", ["Kernels", numerics]),
        library("Archive", ["System", "CZlib", "CZstd", "JSON", crypto]),
        library("GGUF", ["System", "JSON", numerics]),
        library("Checkpoint", ["System", "JSON", "GGUF", crypto]),
        library("Compression", ["System", "JSON", "GGUF", "Checkpoint", "Kernels", "Mathematics", numerics]),
        library("Tokenization", ["System", "JSON", "Archive", "GGUF", "Kernels"]),
        library("LanguageModel", ["System", "JSON", "Checkpoint", "Compression", "Vectors", "Kernels", numerics]),
        library(
            "Calibration",
            [
                "System", "JSON", "Checkpoint", "Compression", "Vectors", "Kernels", "Mathematics", "LanguageModel",
            ]),
        library("Evaluation", ["JSON", "Mathematics", "Compression", "LanguageModel", numerics]),
        library(
            "Benchmark",
            [
                "System", "JSON", "Vectors", "Kernels", "CKernels", "KernelsAVX512", "Checkpoint", "Compression",
                "Archive", "LanguageModel", "Evaluation", "Mathematics", "ScalingLaws", "Presentation", numerics,
            ]),
        library("ScalingLaws", ["Presentation", "Kernels", "Mathematics", numerics]),
        library(
            "Records",
            [
                "JSON", "Archive", "Kernels", "Compression", "LanguageModel", "Evaluation", "ScalingLaws", crypto,
                numerics,
            ]),
        .target(
            name: "Report",
            dependencies: [
                "JSON", "Presentation", "Kernels", "Compression", "LanguageModel", "Evaluation", "ScalingLaws",
                "Records", numerics,
            ], resources: [.embedInCode("Explorer/explorer.js")], swiftSettings: settings),
        .target(
            name: "Schemas", path: "Schemas", exclude: ["manifest.schema.json", "pipeline.schema.json"],
            resources: [
                "v1_measurements.sql", "v2_targets_and_training.sql", "v3_specs.sql", "v4_failed_cells.sql",
                "v5_series_and_findings.sql",
                "v6_window_statistics.sql", "v7_active_parameters.sql", "v8_scoring_protocol.sql",
                "v9_documents.sql", "v10_distortion.sql", "v11_questions.sql",
                "v12_revisions.sql",
                "v13_unseen_text.sql", "v14_noise_to_signal.sql", "v15_distortion_of_reading.sql",
                "v16_distortions_together.sql",
            ].map { .embedInCode($0) },
            swiftSettings: settings),
        library(
            "Warehouse",
            [
                "System", "JSON", "Presentation", "Schemas", "Compression", "LanguageModel", "Evaluation",
                "ScalingLaws",
                "Records", grdb, sqlite,
            ]),
        library(
            "Pipeline",
            [
                "System", "JSON", "Presentation", "Archive", "Compression", "LanguageModel", "Evaluation",
                "ScalingLaws", "Records", yams, numerics,
            ]),
        library(
            "Stages",
            [
                "System", "JSON", "Presentation", "Kernels", "Archive", "GGUF", "Checkpoint", "Compression",
                "Tokenization",
                "LanguageModel", "Calibration", "Evaluation", "Records", "Warehouse", "ScalingLaws", "Report",
                "Pipeline", numerics,
            ]),
        library("Options", ["System", "Stages", "Pipeline", "Kernels", "Compression", argumentParser]),
        library(
            "Commands",
            [
                "System", "Options", "Stages", "Records", "Pipeline", "LanguageModel", "Evaluation", "Compression",
                "ScalingLaws", argumentParser,
            ]),
        command(
            "qid",
            [
                "System", "Options", "Commands", "Stages", "Records", "Pipeline", "Warehouse", "Benchmark",
                "Evaluation",
                "LanguageModel", "Compression", "JSON",
            ]),
        command("qid-ingest", ["Options", "Commands"]),
        command("qid-quantize", ["Options", "Commands"]),
        command("qid-evaluate", ["Options", "Commands"]),
        command("qid-record", ["Options", "Commands"]),
        command("qid-fit", ["Options", "Commands"]),
        .target(
            name: "TestSupport", dependencies: ["JSON", "Mathematics"], path: "Tests/TestSupport",
            swiftSettings: settings),
        .target(
            name: "FuzzParsers",
            dependencies: [
                "System", "JSON", "Archive", "GGUF", "Checkpoint", "Compression", "Tokenization", "ScalingLaws",
                "Pipeline", "TestSupport",
            ], path: "Tests/Fuzz/Parsers", swiftSettings: settings),
        tests("System", ["System", system]),
        tests("JSON", ["JSON"]),
        tests("Presentation", ["Presentation"]),
        tests("Kernels", ["Vectors", "Kernels"]),
        tests("Mathematics", ["Mathematics"]),
        tests("Archive", ["Archive", "System", system]),
        tests("GGUF", ["GGUF", "JSON", "System"]),
        tests("Checkpoint", ["Checkpoint", "JSON", "System", system]),
        tests("Compression", ["Compression", "Checkpoint", "Kernels", "JSON", "System", system]),
        tests("Tokenization", ["Tokenization", "Archive", "JSON"]),
        tests(
            "LanguageModel",
            ["LanguageModel", "Calibration", "Compression", "Checkpoint", "GGUF", "Vectors", "Kernels", "JSON"]),
        tests(
            "Evaluation",
            ["Evaluation", "LanguageModel", "Compression", "Checkpoint", "Kernels", "Mathematics", "JSON"]),
        tests("Benchmark", ["System", "Benchmark", "Archive", "Compression", "Kernels", "JSON", "ScalingLaws"]),
        tests("ScalingLaws", ["ScalingLaws", "Mathematics"]),
        tests(
            "Report",
            [
                "Report", "Presentation", "Records", "Compression", "LanguageModel", "Evaluation", "ScalingLaws",
                "JSON",
            ]),
        tests(
            "Warehouse",
            [
                "Warehouse", "JSON", "Records", "Compression", "Kernels", "LanguageModel", "Evaluation", "ScalingLaws",
                "Schemas",
            ]),
        tests("Options", ["Options", "Compression", argumentParser]),
        tests(
            "Pipeline",
            [
                "Pipeline", "Archive", "Records", "Compression", "LanguageModel", "Evaluation", "ScalingLaws", "JSON",
                "System",
                system,
            ]),
        .testTarget(
            name: "FaultTests",
            dependencies: ["System", "Records", "Pipeline", "Warehouse", "FuzzParsers", "TestSupport"],
            exclude: ["Shim"],
            swiftSettings: settings),
        tests(
            "Stages",
            ["System", "Stages", "Archive", "Records", "Pipeline", "Warehouse", "Checkpoint", "JSON", grdb]),
    ] + fuzzing
)
