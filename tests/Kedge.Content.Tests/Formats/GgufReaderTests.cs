using Kedge.Content.Formats;
using Kedge.Content.Formats.Gguf;
using Kedge.Content.Tests.Support;
using Kedge.Core.Errors;

namespace Kedge.Content.Tests.Formats;

public sealed class GgufReaderTests
{
    private static readonly byte[] Norm = GgufBytes.Tensor("norm.weight", [8], 0, 0);

    [Fact]
    public void A_file_is_read_with_its_tensors_where_they_are()
    {
        ModelFile file = ModelFile.Of("m.gguf", GgufBytes.Good);
        Assert.True(GgufReader.TryRead(file, out WeightFile? weights, out Finding? finding), finding?.ToString());
        Assert.NotNull(weights);
        Assert.Equal("llama", weights.Architecture);
        Assert.Equal("q4-k", weights.Precision());
        Assert.Equal([3L, 512], weights.Tensors.Select(static one => one.Elements));
        TensorMap map = weights.Map();
        long data = GgufBytes.Good.Length - 320;
        Assert.Equal(
            [
                new TensorSpan("norm.weight", ElementKind.Float32, data, 12),
                new TensorSpan("blk.0.weight", ElementKind.Unknown, data + 32, 288),
            ],
            map.Spans.AsEnumerable());
    }

    [Fact]
    public void Version_2_and_another_alignment_are_read()
    {
        byte[] entry = GgufBytes.Entry("general.alignment", GgufBytes.UInt32, GgufBytes.U32(64));
        byte[] file = GgufBytes.File([entry], [Norm], dataBytes: 64, version: 2, boundary: 64);
        Assert.True(GgufReader.TryRead(ModelFile.Of("m", file), out _, out Finding? finding), finding?.ToString());
    }

    [Theory]
    [InlineData(1, "KEDGE-CONTENT-034")]
    [InlineData(4, "KEDGE-CONTENT-034")]
    [InlineData(3 << 24, "KEDGE-CONTENT-034")] // version 3 in the other byte order
    public void Versions_that_are_not_known_are_refused(int version, string code) =>
        Assert.Equal(code, Refused(GgufBytes.File([], [Norm], 32, (uint)version)));

    [Fact]
    public void Tensors_on_top_of_one_another_apart_or_outside_are_refused()
    {
        byte[] Second(ulong offset) => GgufBytes.Tensor("b", [8], 0, offset);
        Assert.Null(RefusedOrNull(GgufBytes.File([], [Second(32), Norm], 64)));
        string place = FormatErrors.TensorPlace.Code;
        Assert.Equal(place, Refused(GgufBytes.File([], [Norm, Second(0)], 64))); // the same bytes
        Assert.Equal(place, Refused(GgufBytes.File([], [Norm, Second(16)], 64))); // no boundary
        Assert.Equal(place, Refused(GgufBytes.File([], [Norm, Second(64)], 96))); // a hole
        Assert.Equal(place, Refused(GgufBytes.File([], [Norm, Second(32)], 40))); // cut off
        Assert.Equal(place, Refused(GgufBytes.File([], [Norm, Second(32)], 128))); // something behind
        Assert.Equal(place, Refused(GgufBytes.File([], [Norm, Second(ulong.MaxValue - 31)], 64)));
        Assert.Equal(place, Refused(GgufBytes.File([], [GgufBytes.Tensor("a", [8], 12, 0)], 32))); // part of a block
    }

    [Fact]
    public void Counts_and_products_beyond_bounds_are_refused()
    {
        string limit = FormatErrors.Limit.Code;
        byte[] head = [.. "GGUF"u8, .. GgufBytes.U32(3)];
        Assert.Equal(limit, Refused([.. head, .. GgufBytes.U64(1UL << 60), .. new byte[8]]));
        Assert.Equal(limit, Refused([.. head, .. GgufBytes.U64(1), .. GgufBytes.U64(1 << 20)]));
        ulong half = 1UL << 32;
        Assert.Equal(limit, Refused(GgufBytes.File([], [GgufBytes.Tensor("a", [half, half], 0, 0)], 32)));
        Assert.Equal(limit, Refused(GgufBytes.File([], [GgufBytes.Tensor("a", [1, 1, 1, 1, 1], 0, 0)], 32)));
        Assert.Equal(limit, Refused(GgufBytes.File([], [GgufBytes.Tensor(new string('a', 65), [1], 0, 0)], 32)));
        byte[] deep = [1];
        uint type = GgufBytes.Bool;
        for (int depth = 0; depth <= FormatLimits.GgufListDepthMax; depth++)
        {
            (deep, type) = (GgufBytes.ListOf(type, deep), GgufBytes.List);
        }

        Assert.Equal(limit, Refused(GgufBytes.File([GgufBytes.Entry("a.b", type, deep)], [Norm], 32)));
    }

    [Theory]
    [InlineData("general.alignment", 4, "0C000000", "KEDGE-CONTENT-031")] // 12
    [InlineData("general.alignment", 10, "2000000000000000", "KEDGE-CONTENT-030")] // another type
    [InlineData("a", 7, "02", "KEDGE-CONTENT-030")] // a flag of 2
    [InlineData("a", 13, "00", "KEDGE-CONTENT-030")] // a type that there is not
    [InlineData("a", 8, "0100000000000000FF", "KEDGE-CONTENT-030")] // no UTF-8
    [InlineData("a", 8, "FFFFFFFFFFFFFFFF", "KEDGE-CONTENT-030")] // a text longer than the file
    [InlineData("a", 9, "06000000FFFFFFFFFFFFFF3F", "KEDGE-CONTENT-030")] // 2^62 numbers
    [InlineData("a", 9, "0D0000000100000000000000", "KEDGE-CONTENT-030")] // a list of nothing known
    [InlineData("a b", 0, "00", "KEDGE-CONTENT-030")]
    [InlineData("", 0, "00", "KEDGE-CONTENT-031")]
    public void Metadata_out_of_its_form_is_refused(string key, int type, string value, string code) => Assert.Equal(
        code,
        Refused(GgufBytes.File([GgufBytes.Entry(key, (uint)type, Convert.FromHexString(value))], [Norm], 32)));

    [Fact]
    public void Names_and_keys_used_twice_are_refused()
    {
        byte[] entry = GgufBytes.Entry("a", 0, [1]);
        Assert.Equal(FormatErrors.Malformed.Code, Refused(GgufBytes.File([entry, entry], [Norm], 32)));
        Assert.Equal(FormatErrors.Malformed.Code, Refused(GgufBytes.File([], [Norm, Norm], 32)));
        Assert.Equal(
            FormatErrors.Version.Code, Refused(GgufBytes.File([], [GgufBytes.Tensor("a", [32], 4, 0)], 32)));
        Assert.Equal(FormatErrors.Malformed.Code, Refused(GgufBytes.File([], [], 0)));
    }

    [Fact]
    public void Texts_longer_than_the_buffer_are_read_across_its_end()
    {
        string text = string.Concat(Enumerable.Repeat("aé€😀", HeaderCursor.TakeBytesMax / 5));
        foreach (string shift in new[] { "", "x", "xx", "xxx" })
        {
            byte[] entry = GgufBytes.Entry("a", GgufBytes.Text, GgufBytes.String(shift + text));
            Assert.Null(RefusedOrNull(GgufBytes.File([entry], [Norm], 32)));
        }
    }

    [Fact]
    public void Every_prefix_of_a_file_is_refused()
    {
        for (int length = 0; length < GgufBytes.Good.Length; length++)
        {
            Assert.NotNull(RefusedOrNull(GgufBytes.Good[..length]));
        }
    }

    private static string Refused(byte[] file) => RefusedOrNull(file) ?? "accepted";

    private static string? RefusedOrNull(byte[] file)
    {
        bool read = GgufReader.TryRead(ModelFile.Of("m.gguf", file), out WeightFile? weights, out Finding? finding);
        Assert.Equal(read, weights is not null);
        return finding?.Code;
    }
}
