using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace Kedge.Core;

/// <summary>
/// The SHA-256 digest of some bytes, written <c>sha256:</c> and 64 lower-case hex digits. Problem: a manifest names a
/// hundred thousand of them on devices with little memory. Approach: the 32 bytes stand in the value itself; text is
/// made where it is asked for. Invariants: order is that of the text; <c>default</c> names nothing. The digest of 32
/// zeros, which nobody can make bytes for, is no digest: text of it does not parse, and hashes of it are none.
/// </summary>
public readonly record struct Digest : IComparable<Digest>, ISpanFormattable
{
    /// <summary>Length of the text form, in characters.</summary>
    public const int TextChars = 71;

    /// <summary>Bytes of a hash.</summary>
    public const int HashBytes = 32;

    private const int HexChars = 64;
    private const int ShortChars = 12;
    private const int WordBytes = 8;
    private readonly ulong _first;
    private readonly ulong _second;
    private readonly ulong _third;
    private readonly ulong _fourth;

    private Digest(ReadOnlySpan<byte> hash)
    {
        _first = BinaryPrimitives.ReadUInt64BigEndian(hash);
        _second = BinaryPrimitives.ReadUInt64BigEndian(hash[WordBytes..]);
        _third = BinaryPrimitives.ReadUInt64BigEndian(hash[(2 * WordBytes)..]);
        _fourth = BinaryPrimitives.ReadUInt64BigEndian(hash[(3 * WordBytes)..]);
    }

    private static ReadOnlySpan<byte> Prefix => "sha256:"u8;

    /// <summary>The 64 hex digits, without the prefix: the name of a file in a content store. Not of none.</summary>
    public string Hex
    {
        get
        {
            Check.That(!IsNone);
            return string.Create(HexChars, this, static (text, digest) => digest.WriteHex(text));
        }
    }

    /// <summary>The first 12 hex digits: for people, never for a decision. Empty for none.</summary>
    public string Short => IsNone ? "" : Hex[..ShortChars];

    /// <summary>The first 8 bytes as a number: for tables, whose hits are checked. 0 for none.</summary>
    public ulong Leading => _first;

    /// <summary>True for <c>default</c>, which names nothing.</summary>
    public bool IsNone => (_first | _second | _third | _fourth) == 0;

    /// <summary>Wraps 32 bytes of digest.</summary>
    public static Digest FromHash(ReadOnlySpan<byte> sha256)
    {
        Check.That(sha256.Length == HashBytes);
        return new Digest(sha256);
    }

    /// <summary>The digest of <paramref name="bytes"/> (FIPS 180-4).</summary>
    public static Digest Of(ReadOnlySpan<byte> bytes)
    {
        Span<byte> hash = stackalloc byte[HashBytes];
        SHA256.HashData(bytes, hash);
        return new Digest(hash);
    }

    /// <summary>Parses text from outside; false leaves <paramref name="digest"/> at its default.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out Digest digest)
    {
        digest = default;
        if (text is null || text.Length != TextChars)
        {
            return false;
        }

        Span<byte> ascii = stackalloc byte[TextChars];
        for (int index = 0; index < TextChars; index++)
        {
            // No character behind ASCII may become one of it.
            ascii[index] = (byte)Math.Min(text[index], byte.MaxValue);
        }

        return TryParse(ascii, out digest);
    }

    /// <summary>Parses UTF-8 text from outside; false leaves <paramref name="digest"/> at its default.</summary>
    public static bool TryParse(ReadOnlySpan<byte> utf8, out Digest digest)
    {
        digest = default;
        if (utf8.Length != TextChars || !utf8.StartsWith(Prefix))
        {
            return false;
        }

        Span<byte> hash = stackalloc byte[HashBytes];
        for (int index = 0; index < HashBytes; index++)
        {
            int at = Prefix.Length + (2 * index);
            int value = (ValueOf(utf8[at]) << 4) | ValueOf(utf8[at + 1]);
            if (value < 0)
            {
                return false;
            }

            hash[index] = (byte)value;
        }

        digest = new Digest(hash);
        return !digest.IsNone;
    }

    /// <summary>Parses text that we wrote ourselves; throws <see cref="InvariantException"/> on any other.</summary>
    public static Digest Parse(string text)
    {
        Check.That(TryParse(text, out Digest digest));
        return digest;
    }

    /// <summary>Writes the 32 bytes; zeros for none.</summary>
    /// <param name="hash">At least <see cref="HashBytes"/>.</param>
    public void CopyTo(Span<byte> hash)
    {
        BinaryPrimitives.WriteUInt64BigEndian(hash, _first);
        BinaryPrimitives.WriteUInt64BigEndian(hash[WordBytes..], _second);
        BinaryPrimitives.WriteUInt64BigEndian(hash[(2 * WordBytes)..], _third);
        BinaryPrimitives.WriteUInt64BigEndian(hash[(3 * WordBytes)..], _fourth);
    }

    /// <inheritdoc/>
    public int CompareTo(Digest other)
    {
        int order = _first.CompareTo(other._first);
        order = order != 0 ? order : _second.CompareTo(other._second);
        order = order != 0 ? order : _third.CompareTo(other._third);
        return order != 0 ? order : _fourth.CompareTo(other._fourth);
    }

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_first, _second, _third, _fourth);

    /// <inheritdoc/>
    public override string ToString() =>
        IsNone ? "" : string.Create(TextChars, this, static (text, digest) => digest.Write(text));

    string IFormattable.ToString(string? format, IFormatProvider? formatProvider) => ToString();

    bool ISpanFormattable.TryFormat(
        Span<char> destination, out int charsWritten, ReadOnlySpan<char> format, IFormatProvider? provider)
    {
        charsWritten = 0;
        if (IsNone)
        {
            return true;
        }

        if (destination.Length < TextChars)
        {
            return false;
        }

        Write(destination[..TextChars]);
        charsWritten = TextChars;
        return true;
    }

    private void Write(Span<char> text)
    {
        "sha256:".CopyTo(text);
        WriteHex(text[Prefix.Length..]);
    }

    private void WriteHex(Span<char> text)
    {
        Span<byte> hash = stackalloc byte[HashBytes];
        CopyTo(hash);
        Check.That(Convert.TryToHexStringLower(hash, text, out _));
    }

    /// <summary>0..15; below zero, also beside another digit, for what is no lower-case hex digit.</summary>
    private static int ValueOf(byte digit) => digit switch
    {
        >= (byte)'0' and <= (byte)'9' => digit - '0',
        >= (byte)'a' and <= (byte)'f' => digit - 'a' + 10,
        _ => -1,
    };
}
