import Kernels
import Testing

struct KernelSettingsTests {
    @Test func whatIsNotSetIsLeftToTheMachine() {
        for environment in [[:], ["QID_THREADS": "", "QID_KERNELS": ""]] {
            let settings = KernelSettings(environment: environment)
            #expect(settings.threads == nil && settings.level == nil && settings.errors.isEmpty)
        }
    }

    @Test func whatIsSetIsRead() {
        let settings = KernelSettings(environment: ["QID_THREADS": "3", "QID_KERNELS": "avx512"])
        #expect(settings.threads == 3 && settings.level == .avx512 && settings.errors.isEmpty)
    }

    @Test func whatCannotBeIsNamed() {
        let settings = KernelSettings(environment: ["QID_THREADS": "0", "QID_KERNELS": "AVX-512"])
        #expect(
            settings.errors == [
                "QID_THREADS is '0', not a number of threads above 0",
                "QID_KERNELS is 'AVX-512', not one of avx2, avx512, amx",
            ])
    }
}
