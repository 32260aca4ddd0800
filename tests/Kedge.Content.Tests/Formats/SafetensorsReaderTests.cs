using System.Globalization;
using Kedge.Content.Formats;
using Kedge.Content.Formats.Safetensors;
using Kedge.Content.Tests.Support;
using Kedge.Core.Errors;

namespace Kedge.Content.Tests.Formats;

public sealed class SafetensorsReaderTests
{
    [Fact]
    public void A_file_is_read_with_its_tensors_where_they_are()
    {
        ModelFile file = ModelFile.Of("m.safetensors", SafetensorsBytes.Good);
        bool read = SafetensorsReader.TryRead(file, out WeightFile? weights, out Finding? finding);
        Assert.True(read, finding?.ToString());
        Assert.NotNull(weights);
        Assert.Equal("fp32", weights.Precision());
        long data = SafetensorsBytes.Good.Length - 28;
        Assert.Equal(
            [
                new TensorSpan("a", ElementKind.Float32, data, 24),
                new TensorSpan("b", ElementKind.BFloat16, data + 24, 4),
            ],
            weights.Map().Spans.AsEnumerable());
    }

    [Theory]
    [InlineData("F32", "[2,0]", "[0,0]", 0)]
    [InlineData("F32", "[]", "[0,4]", 4)]
    [InlineData("F4", "[4]", "[0,2]", 2)]
    [InlineData("F6_E2M3", "[4]", "[0,3]", 3)]
    [InlineData("C64", "[1]", "[0,8]", 8)]
    public void Element_types_have_their_widths(string type, string shape, string offsets, int dataBytes) =>
        Assert.Null(RefusedOrNull(SafetensorsBytes.File(One(type, shape, offsets), dataBytes)));

    [Theory]
    [InlineData("F32", "[2]", "[0,4]", 4, "KEDGE-CONTENT-032")] // half as long
    [InlineData("F32", "[1]", "[4,8]", 8, "KEDGE-CONTENT-032")] // a hole
    [InlineData("F32", "[1]", "[0,4]", 8, "KEDGE-CONTENT-032")] // something behind
    [InlineData("F32", "[2]", "[0,8]", 4, "KEDGE-CONTENT-032")] // cut off
    [InlineData("F32", "[1]", "[4,0]", 4, "KEDGE-CONTENT-032")] // backwards
    [InlineData("F4", "[3]", "[0,2]", 2, "KEDGE-CONTENT-032")] // half a byte
    [InlineData("F32", "[1]", "[0,9223372036854775807]", 4, "KEDGE-CONTENT-032")]
    [InlineData("F32", "[4294967296,4294967296]", "[0,0]", 0, "KEDGE-CONTENT-031")] // overflows
    [InlineData("F32", "[-1]", "[0,0]", 0, "KEDGE-CONTENT-031")]
    [InlineData("F33", "[1]", "[0,4]", 4, "KEDGE-CONTENT-034")]
    [InlineData("F32", "[1.5]", "[0,4]", 4, "KEDGE-CONTENT-030")]
    [InlineData("F32", "[1]", "[0,4,8]", 4, "KEDGE-CONTENT-030")]
    [InlineData("F32", "[1]", "[0]", 4, "KEDGE-CONTENT-030")]
    [InlineData("F32", "[1],\"x\":1", "[0,4]", 4, "KEDGE-CONTENT-030")]
    [InlineData("F32", "[1],\"shape\":[1]", "[0,4]", 4, "KEDGE-CONTENT-030")]
    public void Tensors_out_of_their_form_are_refused(
        string type, string shape, string offsets, int dataBytes, string code) =>
        Assert.Equal(code, RefusedOrNull(SafetensorsBytes.File(One(type, shape, offsets), dataBytes)));

    [Theory]
    [InlineData("{}", "KEDGE-CONTENT-030")]
    [InlineData("[]", "KEDGE-CONTENT-030")]
    [InlineData(" {}", "KEDGE-CONTENT-030")]
    [InlineData("{\"a\":1}", "KEDGE-CONTENT-030")]
    [InlineData("{} {}", "KEDGE-CONTENT-030")]
    [InlineData("{\"__metadata__\":{\"a\":1}}", "KEDGE-CONTENT-030")]
    [InlineData("{\"__metadata__\":{\"a\":\"1\",\"a\":\"2\"}}", "KEDGE-CONTENT-030")]
    [InlineData("{\"\\ud800\":{\"dtype\":\"U8\",\"shape\":[],\"data_offsets\":[0,1]}}", "KEDGE-CONTENT-030")]
    public void Headers_out_of_their_form_are_refused(string header, string code) =>
        Assert.Equal(code, RefusedOrNull(SafetensorsBytes.File(header, 1)));

    [Fact]
    public void Two_tensors_of_one_name_or_on_the_same_bytes_are_refused()
    {
        string one = "{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}";
        string code = FormatErrors.Malformed.Code;
        Assert.Equal(code, RefusedOrNull(SafetensorsBytes.File($"{{\"a\":{one},\"a\":{one}}}", 1)));
        Assert.Equal(
            FormatErrors.TensorPlace.Code, RefusedOrNull(SafetensorsBytes.File($"{{\"a\":{one},\"b\":{one}}}", 1)));
    }

    [Fact]
    public void Headers_beyond_the_format_or_the_file_are_refused()
    {
        Assert.Equal(FormatErrors.Limit.Code, RefusedOrNull([.. GgufBytes.U64(100_000_001), (byte)'{']));
        Assert.Equal(FormatErrors.Malformed.Code, RefusedOrNull([.. GgufBytes.U64(50_000_000), (byte)'{']));
        Assert.Equal(FormatErrors.Malformed.Code, RefusedOrNull([1, 0, 0]));
        for (int length = 0; length < SafetensorsBytes.Good.Length; length++)
        {
            Assert.NotNull(RefusedOrNull(SafetensorsBytes.Good[..length]));
        }
    }

    [Fact]
    public void A_file_beyond_four_gigabytes_is_read_by_its_header()
    {
        const long Bytes = 5L << 30;
        byte[] header = SafetensorsBytes.File(
            One("I8", $"[{Bytes.ToString(CultureInfo.InvariantCulture)}]", $"[0,{Bytes}]"), 0);
        ModelFile sparse = new("m", header.Length + Bytes, (offset, into) =>
            ModelFile.Of("m", header).Read(offset, into) is var read and > 0 ? read : into.Length);
        bool read = SafetensorsReader.TryRead(sparse, out WeightFile? weights, out Finding? finding);
        Assert.True(read, finding?.ToString());
        Assert.Equal(Bytes, Assert.Single(weights!.Tensors).Bytes); // true means that there is one
    }

    private static string One(string type, string shape, string offsets) =>
        $"{{\"a\":{{\"dtype\":\"{type}\",\"shape\":{shape},\"data_offsets\":{offsets}}}}}";

    private static string? RefusedOrNull(byte[] file)
    {
        bool read = SafetensorsReader.TryRead(ModelFile.Of("m", file), out WeightFile? weights, out Finding? finding);
        Assert.Equal(read, weights is not null);
        return finding?.Code;
    }
}
