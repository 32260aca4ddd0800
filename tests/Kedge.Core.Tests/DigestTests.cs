using System.Text;

namespace Kedge.Core.Tests;

/// <summary>A digest is 32 bytes that read, print and sort as their text.</summary>
public sealed class DigestTests
{
    [Fact]
    public void It_reads_what_it_prints_in_every_form()
    {
        Rng rng = new(1);
        byte[] hash = new byte[Digest.HashBytes];
        byte[] again = new byte[Digest.HashBytes];
        char[] room = new char[Digest.TextChars];
        for (int round = 0; round < 500; round++)
        {
            Fill(rng, hash, (round & 1) == 0 ? 256 : 2);
            hash[rng.Below(hash.Length)] |= 1;
            Digest digest = Digest.FromHash(hash);
            string text = "sha256:" + Convert.ToHexStringLower(hash);
            Assert.Equal(text, digest.ToString());
            Assert.Equal(text[7..], digest.Hex);
            Assert.Equal(text[7..19], digest.Short);
            Assert.Equal($"<{text}>", $"<{digest}>");
            Assert.True(((ISpanFormattable)digest).TryFormat(room, out int written, default, null));
            Assert.Equal(text, room.AsSpan(0, written));
            Assert.False(((ISpanFormattable)digest).TryFormat(room.AsSpan(1), out _, default, null));
            Assert.True(Digest.TryParse(text, out Digest fromText));
            Assert.True(Digest.TryParse(Encoding.UTF8.GetBytes(text), out Digest fromBytes));
            Assert.Equal((digest, digest), (fromText, fromBytes));
            Assert.Equal(digest.GetHashCode(), fromText.GetHashCode());
            digest.CopyTo(again);
            Assert.Equal(hash, again);
        }
    }

    [Fact]
    public void It_sorts_as_its_text_and_none_comes_first()
    {
        Rng rng = new(2);
        List<Digest> digests = [default];
        byte[] hash = new byte[Digest.HashBytes];
        for (int round = 0; round < 200; round++)
        {
            // Few values, so that many begin alike and some are the same.
            Fill(rng, hash, 2);
            hash[0] = (byte)(rng.Below(2) * 0x80);
            hash[31] = 1;
            digests.Add(Digest.FromHash(hash));
        }

        Assert.Equal(
            digests.Select(static d => d.ToString()).Order(StringComparer.Ordinal),
            digests.Order().Select(static d => d.ToString()));
        foreach (Digest one in digests)
        {
            Assert.Equal(
                digests.Count(d => d.ToString() == one.ToString()),
                digests.Count(d => d == one && d.CompareTo(one) == 0));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("sha256:")]
    [InlineData("sha256:6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4")]
    [InlineData("sha256:6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4ba")]
    [InlineData("sha256:6B86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b")]
    [InlineData("sha256:gb86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b")]
    [InlineData("sha256:6g86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b")]
    [InlineData("sha256:6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4 ")]
    [InlineData("sha256:\u01366b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4")]
    [InlineData("sha512:6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b")]
    [InlineData("sha256:0000000000000000000000000000000000000000000000000000000000000000")]
    public void What_is_no_digest_is_none(string text)
    {
        Assert.False(Digest.TryParse(text, out Digest digest));
        Assert.False(Digest.TryParse(Encoding.UTF8.GetBytes(text), out Digest fromBytes));
        Assert.Equal((default, default), (digest, fromBytes));
        Assert.True(digest.IsNone);
        Assert.Throws<InvariantException>(() => Digest.Parse(text));
    }

    [Fact]
    public void None_prints_nothing_and_names_no_file()
    {
        Digest none = Digest.FromHash(new byte[Digest.HashBytes]);
        Assert.Equal((default, true, "", "", ""), (none, none.IsNone, none.ToString(), none.Short, $"{none}"));
        Assert.False(Digest.TryParse((string?)null, out _));
        Assert.Throws<InvariantException>(() => none.Hex);
        Assert.False(Digest.Of([]).IsNone);
        Assert.Equal(
            "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", Digest.Of([]).ToString());
    }

    private static void Fill(Rng rng, byte[] hash, int values)
    {
        for (int index = 0; index < hash.Length; index++)
        {
            hash[index] = (byte)rng.Below(values);
        }
    }
}
