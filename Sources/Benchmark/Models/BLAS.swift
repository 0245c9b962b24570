import Kernels
import System

/// A BLAS library of this machine (OpenBLAS, MKL, BLIS), to be compared with; one thread.
struct BLAS {
    /// `cblas_sgemm`.
    ///
    /// Sizes are `Int` for libraries with 32-bit and with 64-bit ones: Linux passes either in 64 bits, of which the
    /// former read the lower half.
    private typealias Product =
        @convention(c) (
            _ order: CInt, _ transposeA: CInt, _ transposeB: CInt, _ m: Int, _ n: Int, _ k: Int, _ alpha: Float,
            _ a: UnsafePointer<Float>, _ strideA: Int, _ b: UnsafePointer<Float>, _ strideB: Int, _ beta: Float,
            _ c: UnsafeMutablePointer<Float>, _ strideC: Int
        ) -> Void

    private let product: Product

    /// Loads a shared library that has the function under its own name or that of NumPy's and SciPy's copies.
    init(library path: String) throws(BenchmarkError) {
        let oneThread = ["OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS", "OMP_NUM_THREADS"]
            .map { ($0, "1") }
        let library: DynamicLibrary
        do throws(DynamicLibrary.LoadError) {
            library = try DynamicLibrary(path, variables: Dictionary(uniqueKeysWithValues: oneThread))
        } catch { throw .noBLAS(path: path, reason: error.reason) }
        let names = ["cblas_sgemm", "cblas_sgemm64_", "scipy_cblas_sgemm64_", "scipy_cblas_sgemm"]
        guard let symbol = names.lazy.compactMap({ library.symbol($0) }).first else {
            throw .noBLAS(path: path, reason: "it has none of \(names.joined(separator: ", "))")
        }
        // `cblas_sgemm` has this signature; one with 32-bit integers takes the lower halves of the same places.
        product = unsafeBitCast(symbol, to: Product.self)
    }

    /// x·wᵀ.
    func multiply(_ x: Matrix, _ weight: Matrix, into out: MatrixView) {
        let (rowMajor, plain, transposed): (CInt, CInt, CInt) = (101, 111, 112)
        product(
            rowMajor, plain, transposed, x.rows, weight.rows, x.columns, 1, x.base, x.columns, weight.base,
            weight.columns, 0, out.base, out.stride)
    }
}
