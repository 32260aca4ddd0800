using System.Buffers.Binary;

namespace Kedge.Imaging;

/// <summary>
/// Reads which way up a JPEG is, from tag 0x0112 of its EXIF. Bounded by the bytes given; what cannot be read is
/// upright. Source: JPEG (ITU-T T.81) annex B for the segments, EXIF 2.3 section 4.6.4.
/// </summary>
public static class ExifOrientation
{
    /// <summary>As it lies.</summary>
    public const int Upright = 1;

    private const int OrientationTag = 0x0112;
    private const int TypeShort = 3;
    private const int EntryBytes = 12;
    private const int TiffHeadBytes = 8;

    /// <summary>The orientation of a JPEG file: 1..8.</summary>
    public static int Of(ReadOnlySpan<byte> file)
    {
        ReadOnlySpan<byte> left = file.Length > 2 ? file[2..] : default;
        while (left.Length >= 4 && left[0] == 0xFF)
        {
            byte marker = left[1];
            if (marker == 0xFF)
            {
                left = left[1..];
                continue;
            }

            int length = BinaryPrimitives.ReadUInt16BigEndian(left[2..]);
            if (marker is 0xDA or 0xD9 || length < 2 || length + 2 > left.Length)
            {
                return Upright;
            }

            ReadOnlySpan<byte> segment = left.Slice(4, length - 2);
            if (marker == 0xE1 && segment.StartsWith("Exif\0\0"u8))
            {
                return OfTiff(segment[6..]);
            }

            left = left[(length + 2)..];
        }

        return Upright;
    }

    private static int OfTiff(ReadOnlySpan<byte> tiff)
    {
        bool isLittle = tiff.StartsWith("II*\0"u8);
        if (tiff.Length < TiffHeadBytes || (!isLittle && !tiff.StartsWith("MM\0*"u8)))
        {
            return Upright;
        }

        uint start = isLittle
            ? BinaryPrimitives.ReadUInt32LittleEndian(tiff[4..])
            : BinaryPrimitives.ReadUInt32BigEndian(tiff[4..]);
        if (start > tiff.Length - 2)
        {
            return Upright;
        }

        ReadOnlySpan<byte> entries = tiff[((int)start + 2)..];
        for (int count = Short(tiff[(int)start..], isLittle); count > 0 && entries.Length >= EntryBytes; count--)
        {
            if (Short(entries, isLittle) == OrientationTag && Short(entries[2..], isLittle) == TypeShort)
            {
                int value = Short(entries[8..], isLittle);
                return value is >= 1 and <= 8 ? value : Upright;
            }

            entries = entries[EntryBytes..];
        }

        return Upright;
    }

    private static int Short(ReadOnlySpan<byte> bytes, bool isLittle) => isLittle
        ? BinaryPrimitives.ReadUInt16LittleEndian(bytes)
        : BinaryPrimitives.ReadUInt16BigEndian(bytes);
}
