using System.Text;

namespace Kedge.Content.Formats.Gguf;

/// <summary>The metadata of a GGUF file: walked whole for its form, kept only as far as the rest needs it.</summary>
internal sealed class GgufMetadata
{
    private const int EntryBytesMin = 8 + 1 + 4 + 1;
    private const uint UInt32Type = 4;
    private const uint BoolType = 7;
    private const uint TextType = 8;
    private const uint ListType = 9;
    private const int ArchitectureBytesMax = 64;

    /// <summary>Where tensors begin: at multiples of this.</summary>
    public int AlignmentBytes { get; private set; } = 32;

    /// <summary><c>general.architecture</c>; empty when the file does not say.</summary>
    public string Architecture { get; private set; } = "";

    public bool TryWalk(HeaderCursor cursor, ulong count, FormatFailure failure)
    {
        if (count * EntryBytesMin > (ulong)cursor.Remaining)
        {
            return failure.Malformed($"The file claims {count} metadata entries and ends before them.");
        }

        HashSet<string> keys = new(StringComparer.Ordinal);
        for (ulong index = 0; index < count; index++)
        {
            if (!TryKey(cursor, failure, out string key))
            {
                return false;
            }

            if (!keys.Add(key))
            {
                return failure.Malformed($"The metadata names '{key}' twice.");
            }

            if (!cursor.TryUInt32(out uint type))
            {
                return false;
            }

            bool read = key switch
            {
                "general.alignment" => TryAlignment(cursor, type, failure),
                "general.architecture" => TryArchitecture(cursor, type, failure),
                _ => TryValue(cursor, type, depth: 0, failure),
            };
            if (!read)
            {
                return failure.Malformed($"The metadata entry '{key}' is not well formed.");
            }
        }

        return true;
    }

    /// <summary>A key is ASCII, printable, without spaces (gguf.md, <c>gguf_metadata_kv_t</c>).</summary>
    private static bool TryKey(HeaderCursor cursor, FormatFailure failure, out string key)
    {
        key = "";
        if (!cursor.TryUInt64(out ulong bytes))
        {
            return false;
        }

        if (bytes is 0 or > FormatLimits.GgufKeyBytesMax)
        {
            return failure.Fail(
                FormatErrors.Limit,
                $"A metadata key has {bytes} bytes; 1 to {FormatLimits.GgufKeyBytesMax} are allowed.");
        }

        if (!cursor.TryTake((int)bytes, out ReadOnlySpan<byte> ascii))
        {
            return false;
        }

        if (ascii.ContainsAnyExceptInRange((byte)0x21, (byte)0x7E))
        {
            return failure.Malformed("A metadata key is not printable ASCII.");
        }

        key = Encoding.ASCII.GetString(ascii);
        return true;
    }

    private bool TryAlignment(HeaderCursor cursor, uint type, FormatFailure failure)
    {
        if (type != UInt32Type || !cursor.TryUInt32(out uint bytes))
        {
            return false;
        }

        if (bytes is < 8 or > FormatLimits.GgufAlignmentMax || (bytes & (bytes - 1)) != 0)
        {
            return failure.Fail(
                FormatErrors.Limit,
                $"The alignment is {bytes} bytes; a power of two from 8 to {FormatLimits.GgufAlignmentMax} is known.");
        }

        AlignmentBytes = (int)bytes;
        return true;
    }

    private bool TryArchitecture(HeaderCursor cursor, uint type, FormatFailure failure)
    {
        if (type != TextType || !cursor.TryUInt64(out ulong bytes))
        {
            return false;
        }

        if (bytes > ArchitectureBytesMax)
        {
            return failure.Fail(
                FormatErrors.Limit, $"The architecture's name has more than {ArchitectureBytesMax} bytes.");
        }

        if (!cursor.TryTake((int)bytes, out ReadOnlySpan<byte> utf8) || !FormatText.TryName(utf8, out string name))
        {
            return false;
        }

        Architecture = name;
        return true;
    }

    private static bool TryValue(HeaderCursor cursor, uint type, int depth, FormatFailure failure) => type switch
    {
        BoolType => TryFlags(cursor, 1),
        TextType => cursor.TryUInt64(out ulong bytes) && bytes <= long.MaxValue && cursor.TryUtf8((long)bytes),
        ListType => TryList(cursor, depth, failure),
        _ => ScalarBytes(type) > 0 && cursor.TrySkip(ScalarBytes(type)),
    };

    private static bool TryList(HeaderCursor cursor, int depth, FormatFailure failure)
    {
        if (!cursor.TryUInt32(out uint type) || !cursor.TryUInt64(out ulong count))
        {
            return false;
        }

        if (depth == FormatLimits.GgufListDepthMax)
        {
            return failure.Fail(
                FormatErrors.Limit, $"Metadata lists are nested more than {FormatLimits.GgufListDepthMax} deep.");
        }

        // A text takes its length at least, a list its type and length, so a count is bounded before it is followed.
        ulong bytesMin = type switch { TextType => 8, ListType => 12, BoolType => 1, _ => (ulong)ScalarBytes(type) };
        if (bytesMin == 0 || count > (ulong)cursor.Remaining / bytesMin)
        {
            return false;
        }

        if (type is not (TextType or ListType))
        {
            return type == BoolType ? TryFlags(cursor, (long)count) : cursor.TrySkip((long)(count * bytesMin));
        }

        for (ulong index = 0; index < count; index++)
        {
            if (!TryValue(cursor, type, depth + 1, failure))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>A flag is 0 or 1; anything else is invalid (gguf.md, <c>GGUF_METADATA_VALUE_TYPE_BOOL</c>).</summary>
    private static bool TryFlags(HeaderCursor cursor, long count)
    {
        while (count > 0)
        {
            int part = (int)Math.Min(count, 4_096);
            if (!cursor.TryTake(part, out ReadOnlySpan<byte> flags)
                || flags.ContainsAnyExceptInRange((byte)0, (byte)1))
            {
                return false;
            }

            count -= part;
        }

        return true;
    }

    /// <summary>Bytes of a number; 0 for what is none.</summary>
    private static int ScalarBytes(uint type) => type switch
    {
        0 or 1 => 1,
        2 or 3 => 2,
        UInt32Type or 5 or 6 => 4,
        10 or 11 or 12 => 8,
        _ => 0,
    };
}
