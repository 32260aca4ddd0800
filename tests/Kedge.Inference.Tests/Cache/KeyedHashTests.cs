using System.Buffers.Binary;
using Kedge.Inference.Cache;

namespace Kedge.Inference.Tests.Cache;

/// <summary>SipHash-2-4-128 against vectors of its reference implementation, and fed in any pieces.</summary>
public sealed class KeyedHashTests
{
    private static readonly byte[] _key = [.. Enumerable.Range(0, KeyedHash.KeyBytes).Select(static i => (byte)i)];

    [Theory]
    [InlineData(0, "a3817f04ba25a8e66df67214c7550293")]
    [InlineData(1, "da87c1d86b99af44347659119b22fc45")]
    [InlineData(2, "8177228da4a45dc7fca38bdef60affe4")]
    [InlineData(3, "9c70b60c5267a94e5f33b6b02985ed51")]
    public void It_gives_what_the_reference_gives(int length, string expected) =>
        Assert.Equal(expected, Hash(new KeyedHash(_key), Bytes(length), length));

    [Fact]
    public void Pieces_do_not_matter_and_every_byte_does()
    {
        KeyedHash hash = new(_key);
        HashSet<string> seen = [];
        for (int length = 0; length < 64; length++)
        {
            string whole = Hash(hash, Bytes(length), length);
            Assert.True(seen.Add(whole));
            for (int piece = 1; piece <= length; piece++)
            {
                Assert.Equal(whole, Hash(hash, Bytes(length), piece));
            }

            for (int i = 0; i < length; i++)
            {
                byte[] changed = Bytes(length);
                changed[i] ^= 0x80;
                Assert.True(seen.Add(Hash(hash, changed, length)));
            }
        }

        byte[] other = [.. _key];
        other[15] ^= 1;
        Assert.NotEqual(Hash(hash, Bytes(9), 9), Hash(new KeyedHash(other), Bytes(9), 9));
    }

    private static byte[] Bytes(int length) => [.. Enumerable.Range(0, length).Select(static i => (byte)i)];

    private static string Hash(KeyedHash hash, byte[] bytes, int piece)
    {
        foreach (byte[] part in bytes.Length == 0 ? [] : bytes.Chunk(piece))
        {
            hash.Append(part);
        }

        (ulong first, ulong second) = hash.Finish();
        byte[] all = new byte[16];
        BinaryPrimitives.WriteUInt64LittleEndian(all, first);
        BinaryPrimitives.WriteUInt64LittleEndian(all.AsSpan(8), second);
        return Convert.ToHexStringLower(all);
    }
}
