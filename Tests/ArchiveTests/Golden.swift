import FoundationEssentials

/// Bytes made by other programs: gzip 1.12, zstd 1.5, GNU tar 1.35, CPython 3.11.
enum Golden {
    /// `gzip -9n` of the first part, then of the second.
    static let gzipTwoMembers = decode(
        """
        H4sIAAAAAAACA3XTOw7CUAxFwZ5VeAnY5rscikSJFAEKb/9C9Ex9qjuWt/U5xTFec4xlinndPyPej30ctl9IhVJohZPCWeGicFW4
        Kdw50NO5PTk+uT45P7k/CZAUSBIkDYoG5fvToGhQNCgaFA2KBkWDokHToGnQfgIaNA2aBk2DpkHToP8ZfAH1E7OABgQAAB+LCAAA
        AAAAAgN900sKwlAQRNG5q+glWFV+lyP6JIGQSJL9I869b3xHfaiexrnVsZZ37UOrrT2X+VWfx7ofpl8RFmMJlhOWM5YLliuWG5Y7
        X9pBYAUxg9hBDCGWEFOILcQYYg2zhjubYA2zhlnDrGHWMGuYNcwaYY2wRjovwhphjbBGWCOsEdbIX40vItgR3i4EAAA=
        """)

    /// CPython's gzip of the first part, with a file name and a time in its header.
    static let gzipNamed = decode(
        """
        H4sICIfWEgAC/25hbWVkLnR4dAB10zsOwlAMRcGeVXgJ2Oa7HIpEiRQBCm//QvRMfao7lrf1OcUxXnOMZYp53T8j3o99HLZfSIVS
        aIWTwlnhonBVuCncOdDTuT05Prk+OT+5PwmQFEgSJA2KBuX706BoUDQoGhQNigZFg6JB06Bp0H4CGjQNmgZNg6ZB06D/GXwB9ROz
        gAYEAAA=
        """)

    /// `gzip -9n` of nothing.
    static let gzipEmpty = decode(
        """
        H4sIAAAAAAACAwMAAAAAAAAAAAA=
        """)

    /// `zstd -19 --check` of the first part.
    static let zstdChecked = decode(
        """
        KLUv/QRoBQMAAoQMEKDt+FbYCwDjdhuRodDPKRi7u7u7u////79t27Z9TCFD7A1mRFCnjExpWlPV06DJsRYoqBHw638HgKPSDhE0
        BP8NwecHJ2H/AAMtIIEOIKABAMj/+1+klkYZMRDVpycKVg==
        """)

    /// `zstd -3 --no-check` of the second part.
    static let zstdNoCheck = decode(
        """
        KLUv/QBYJQQAUgQOFKCrA3Sk/JqFMv0vkyQhKRb7bbUC////v23btt22bdvDKIhBuEs7lIDlIA2VU4k9NGZxUQxoh1InIICj4gOf
        2NdmtrDPZm2xj81sYZ/N2GKfzdpiH5vZsn0R2gxCWx60z0GbNWgLg/YtaDMFbUnQBgThLcwiy1nYIpZbGFsEeolP
        """)

    /// A skippable frame, `zstd` of the first part, a skippable frame, `zstd` of the second.
    static let zstdTwoFrames = decode(
        """
        UypNGAsAAABoZWxsbyB0aGVyZSi1L/0EWCUEAELEDRSgRR33/35UA8GqotmaJSm88KuKB////79t27bdtm1b5DAKYrjLQnaCSwmA
        F0hmWMrRLBRYyE4nIHCj0h60WG5hF1nuwha53MIustyFLXK5hV1kuQtb5OUOXJjBFylgOYIWNuAiAl8ugIUB9CJ/XMBvX5CBAjyQ
        AQU8IDugmEHtBKcnClZTKk0YCwAAAGhlbGxvIHRoZXJlKLUv/QRYJQQAUgQOFKCrA3Sk/JqFMv0vkyQhKRb7bbUC////v23btt22
        bdvDKIhBuEs7lIDlIA2VU4k9NGZxUQxoh1InIICj4gOf2NdmtrDPZm2xj81sYZ/N2GKfzdpiH5vZsn0R2gxCWx60z0GbNWgLg/Yt
        aDMFbUnQBgThLcwiy1nYIpZbGFsEeolPiS3jQg==
        """)

    /// `zstd` of nothing.
    static let zstdEmpty = decode(
        """
        KLUv/SQAAQAAmenYUQ==
        """)

    /// `tar --format=gnu`, gzipped: `./step64` with a name that needs a long-name header and one in UTF-8.
    static let tarGNU = decode(
        """
        H4sIAAAAAAACA+3ZZWzbQBgG4IyZmbOMwYmdGLaOOqaOGTu3uUCb+jLbWdt1zMzMvHXMzB0zMzMzs5uqP9ZqrTop0bJ8z4+clTiW
        Tu/de5Gi1UkysrO0TuU6pIJjGOeoiDs6rymG0jMGA01Hv09RpMGgUjMqN3BIMi+q1SoRYzmh+xL73ENpY/PnCZGXLUgkbFgwEyZs
        MyrXAh+CCNnCy4QZI4nAgs4t+etJimUg/38x/79ZJknPnzNQHOTvnvy1Ol8/JUs/qxDswv5nafqP+VMc99taUPqfpUiV2g/y99T9
        78LTBHha/knuf6X9lQH630v6X0+z8fqfZKD////+h2MC+h/639v7n6bIuP3PcCz0P/R/7G2CkeAJk9WGiFALllDMLVaJ4G0Sjvku
        ErDDbCFkTAgIGYkQLDqfISgviLA4BKOovBsQLkc/0EQ4Q1ceiGxGSRskYQH638X9n9D+Jyk2bv+zHKdSk7D/XS5CE52Qxkctiw7U
        E34Pee3+D+RNUZFaOcwFizzR/R/v/x8DycL+d3P+WDBZzS45DBPN36CPmz/FspC/e/o/BBuRzV8OtyPlFNCY7bK/gHCYBs4C7+p/
        5zLQSrwJyUiQsCi5bf/r6Xj9rwwM7H+3SJY8RcpUqdOkTZc+Q8ZMmbNkzZY9R85cufPkzZe/QMFChYuoi2qKFS9RslTpMmXLlSe0
        OpLSG2iG5SpU9KlUuUrVar7Va9SsVbtO3Xr1GzT0a9S4SdNmzVu0bNW6Tdt27Tt07NTZvwsfEGhEJrPFGhRsCxGwvasoyY5uoWHh
        3SN69OzVu0/ffv0HDBw0eMjQYcNHjBw1eszYceMnTJw0ecrUadNnzJw1e87cefMXLFy0eEnk0mXLV6xctXrN2nXrN2zctHnL1m3b
        d+zctXvP3qh9+w8cPHT4yNFjx0+cPHX6zNlz5y9cvHT5ytVr12/cvHX7zt179x88fPT4ydNnz1+8fPX6zdt37z98/PT5y9dv33/8
        hPnD/GH+Xjx/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA/zC7fYvMAAUAAA
        """)

    /// The same by `tar --format=pax`.
    static let tarPax = decode(
        """
        H4sIAAAAAAACA+2bd5QTRRzHY5fYFcRujB2Y3E6/oGdDBSvYsZ7LZVIw2Ym7G8mJ2BtWLGAv2LFhb2BFUbD33sXee9e9wONxOeUu
        ebm9S/L7/pHN253dzbzffj/fnd1JpGGEmR+mzJiynQbHVVnBApWW4UkwVlh6Kl4ahmQBzDHhlDLWth5jymgglA/4oJzjmrb3UwL1
        KWqETDeVUU1YRjmhEmMSYQxzzgjBQW9rS4etNMqoEIIFA6CqV2Se6Ru68RwFi3P+//73vrf3P6HU8z/30/+21u7C2nW2vbhz1Vb/
        BWLARLbpJpWN0tpKoLhOe2uRZWYUcpOmixJaOUhb3ch/YjDJgf89xv/5hP9v/nNpRKVoBP7XEv+7ZvqyYqJk/hPMBAf+98b6lxMT
        pfNfCiKB/8B/UG/zfzkxUTL/qSGwBP5Xcf3bxURn/KcGK64/Jgbw3w9hKkJZr6JN3XQhdLFZEHKopvzfrlnp/KfEWwD/a6j+C+U/
        p8X8J/D83yf+S94b+A8xAfwH/tcp/znmwP8eEpG0ivhvWjFkongqrdCYpHbU3CYpB5lpR8/dV1k6l0giVyNLqRjKaLtwDMv7UCiZ
        s2K2t3ZUq9t2wDgqVN87oErHnMhoR1tlJUyUSsNgPAj8L8v/BhbF/MdSBkIG8L/bNTbcVqHw4JBr59Q4uB+q2/u/BZ7YtZjxGVMi
        bt6t0Dk68z8msmj+By28/4P89yP/i+J/fvHLS0KYGlal/q+06Uvwf8f5X95VBPnfc/zXVjyVKNwO+1P/DvN/KRfw/scXlQd5g3kJ
        DZCvKf5X2PSl+J+SYv4zIYD//oz/Mjqm0s1ua1Z5o8BwIus2W0rnwzAWrNvxX+GKiDhmXLnKcrTt+J7/TEoB+d9j+c+wZFKQRhjk
        1Y//K236rvufsA7jPy4NDvnvixZZdLHFl1hyqaX7BJdZdrnlV1hxpZVX6dtv1f6rrb7Gmmutvc66ofXC62+w4UYbb7LpgIGDUKSh
        7b9ZjAvZGB282eZNW2y51dbbDNl2u+2HDtthx5123mXX4SN2232PPffae5+R++63/wEHHtR8sDmqJabiiWRq9CHpjKWzh9qOmzts
        TL718LFHjDvyqKOPOfa440848aSTx59y6mmnn3HmhLPOPufciZPOO/+CCy+6+JJLL7t88hVXXnX1NddeN+X6G2686eapt9x62+13
        3HnX3ffce9+06fc/8OBDDz8y49HHZj7+xKzZTz719DPPPvf8Cy++9PIrr772+htvvvX2O+++9/4HH3405+NPPv3s8y++/Orrb779
        7vsffvzp519+/e33P/786+9/oP/Qf+h/HfcfBAKBQCAQCAQCgUAgEKjG9S/xnecwAFAAAA==
        """)

    /// CPython's tarfile in the ustar format, gzipped: a name split over prefix and name, then `plain.txt`.
    static let tarUstar = decode(
        """
        H4sIAAAAAAACA+3UQQrCMBCF4Ryl5AA11ljBy5SitVRqktoIFfHuRjeiLlxYC6X/R2DCLGZWb5qmD7ONNbuqjPetNeKDClKtHzV4
        r0otkuf/3tc6TZYiUmIAp9bnx7C+77nuB2I4F3mw26LO/NkVch3J0vnMFLaTV4EJcHVemdh3/o87vuR/Ht5r/tUqDa1x538kOkwb
        JxAAAAAAAAAAAAAAgNG7Abh4+hcAKAAA
        """)

    /// CPython's header of a file of 2³³ + 5 bytes in the GNU format, whose size is in base 256, gzipped.
    static let base256Header = decode(
        """
        H4sIAAAAAAACA8soTU/VK05MSy1JzSvOLypmoAEwAAIzExMwDQRwugEizQTErAYIwGBgaGBkbsCgYMBAB1BaXJJYpKDAMEIBACAL
        m6cAAgAA
        """)

    /// `head -c 2000 /dev/zero | zstd --long=28 --no-check`: a frame with a window of 256 MiB.
    static let zstdLongWindow: [UInt8] = [
        0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x90, 0x5d, 0x00, 0x00, 0x10, 0x00, 0x00, 0x02, 0x00, 0xb9, 0xdf, 0xfc, 0x81,
        0x07, 0xb0,
    ]

    static let firstPart = part("first")
    static let secondPart = part("second")

    private static func part(_ name: String) -> [UInt8] {
        Array((0..<40).map { "line \($0) of the \(name) part\n" }.joined().utf8)
    }

    private static func decode(_ text: String) -> [UInt8] {
        Array(Data(base64Encoded: text, options: .ignoreUnknownCharacters) ?? Data())
    }
}
