using System.Security.Cryptography;
using Kedge.Core.Errors;
using Kedge.Imaging;
using Kedge.Inference.Graphs;
using Kedge.Inference.Tensors;
using Kedge.Inference.Tests.Conformance;

namespace Kedge.Inference.Tests.Graphs;

/// <summary>Images of every kind, against digests of what Pillow 9.4 makes of the same files.</summary>
public sealed class ImageTests
{
    private static readonly NativeImages Images = new();

    [Theory]
    [InlineData("alpha.png", 48, 32, "a222b9a6fd3140c5730d7d5233d7809cacfb5585c62f5f133d78b58a2a2b8088")]
    [InlineData("bilevel.png", 48, 32, "1e000266cf1b2e3a58c0b6ce09b60da3ac52d16a6614dd3d61266ed6eccc5b16")]
    [InlineData("grey.jpg", 48, 32, "d6d18514947d9922db3a75393605a4feaf60bbca8f9dd9ba8222f769856cc65f")]
    [InlineData("grey.png", 48, 32, "1d84b305f4dffbf9c46c96573316235d885cae5a87714506b0da03e041a0776e")]
    [InlineData("greyalpha.png", 48, 32, "1d84b305f4dffbf9c46c96573316235d885cae5a87714506b0da03e041a0776e")]
    [InlineData("interlaced.png", 48, 32, "a222b9a6fd3140c5730d7d5233d7809cacfb5585c62f5f133d78b58a2a2b8088")]
    [InlineData("palette.png", 48, 32, "92acd2b5ccbba1dd649e11c1e183fa63565e58e691523bc8d966db1b1adf02cc")]
    [InlineData("progressive.jpg", 48, 32, "3300bf40f868d85d7344c51871c617a64001596030ee8ca006c34676118dcc25")]
    [InlineData("rgb.jpg", 48, 32, "c91e80cba94a26991ba14bfdeec620b6e5d0da6597d4ebe46eb4815e909dac91")]
    [InlineData("rgb.png", 48, 32, "a222b9a6fd3140c5730d7d5233d7809cacfb5585c62f5f133d78b58a2a2b8088")]
    [InlineData("rgb16.png", 48, 32, "a222b9a6fd3140c5730d7d5233d7809cacfb5585c62f5f133d78b58a2a2b8088")]
    [InlineData("rgb420.jpg", 48, 32, "3300bf40f868d85d7344c51871c617a64001596030ee8ca006c34676118dcc25")]
    [InlineData("turned1.jpg", 48, 32, "c91e80cba94a26991ba14bfdeec620b6e5d0da6597d4ebe46eb4815e909dac91")]
    [InlineData("turned2.jpg", 48, 32, "a9cde1ba71a55a0a35d5d6246be729dbe1949581dba6a35f280130a86593ce4d")]
    [InlineData("turned3.jpg", 48, 32, "b2af69a96ec05f368da08a420f461e89750eb5d423f76c1ef603b96250a65b80")]
    [InlineData("turned4.jpg", 48, 32, "239652b5293520930fff242f71c2436f89923c2ed0168c91dd0d72a550aaef66")]
    [InlineData("turned5.jpg", 32, 48, "7d60365e790feb55cca9de77cf3980db2952d423e53be147f974dca10e342913")]
    [InlineData("turned6.jpg", 32, 48, "520ddd7bbe71c36b820125125168c78aa481a694aaeec68d0b7573ab96b5ca98")]
    [InlineData("turned7.jpg", 32, 48, "5e27fa8b988284662f45a0070c3a89a0096e12f326ab0970688f7865d6e56eaf")]
    [InlineData("turned8.jpg", 32, 48, "6c5cd3cd7d839eb635868e124e3e9be525eab80afcc5761e45f5419ec4e5c7b7")]
    public void It_decodes_what_pillow_decodes(string file, int width, int height, string digest)
    {
        Finding? fault = Decode(Read(file), new ImageTerms(3, 10_000, true), out Tensor pixels);
        Assert.Null(fault);
        Assert.Equal([height, width, 3], pixels.Shape.ToArray());
        Assert.Equal(digest, Convert.ToHexStringLower(SHA256.HashData(pixels.Bytes)));
    }

    [Theory]
    [InlineData("grey.png", "a8d153bb72d406259a462dc292f3add8287b02f13ee6a3aa385f04f16049119d")]
    [InlineData("grey.jpg", "694ef78a49e87ead40dd8a62aad2dfeffb4197889eab8e554a3d7f48c8b87a92")]
    public void It_decodes_to_grey(string file, string digest)
    {
        Assert.Null(Decode(Read(file), new ImageTerms(1, 10_000, true), out Tensor pixels));
        Assert.Equal([32L, 48, 1], pixels.Shape.ToArray());
        Assert.Equal(digest, Convert.ToHexStringLower(SHA256.HashData(pixels.Bytes)));
    }

    [Fact]
    public void Orientation_is_left_alone_where_the_graph_says_so()
    {
        Assert.Null(Decode(Read("turned6.jpg"), new ImageTerms(3, 10_000, false), out Tensor lying));
        Assert.Null(Decode(Read("rgb.jpg"), new ImageTerms(3, 10_000, true), out Tensor upright));
        Assert.True(lying.Bytes.SequenceEqual(upright.Bytes));
    }

    [Theory]
    [InlineData("bomb.png", "KEDGE-INFER-055")]
    [InlineData("cmyk.jpg", "KEDGE-INFER-056")]
    public void What_is_not_taken_is_refused_before_a_pixel_is_decoded(string file, string code)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Equal(code, Decode(Read(file), new ImageTerms(3, 50_000_000, true), out _)?.Code);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1_000_000);
    }

    [Theory]
    [InlineData("rgb.jpg")]
    [InlineData("progressive.jpg")]
    [InlineData("rgb.png")]
    [InlineData("interlaced.png")]
    public void An_image_cut_off_anywhere_is_refused(string file)
    {
        byte[] whole = Read(file);
        int pixelsEnd = file.EndsWith("png", StringComparison.Ordinal) ? whole.Length - 20 : whole.Length - 2;
        for (int length = 0; length < pixelsEnd; length += 7)
        {
            Finding? fault = Decode(whole[..length], new ImageTerms(3, 10_000, true), out _);
            Assert.True(fault is not null, $"{file} of {length} bytes was taken.");
            Assert.StartsWith("KEDGE-INFER-05", fault.Code);
        }
    }

    internal static string Folder => Path.Combine(SharedCases.Checkout, "tests", "fixtures", "images");

    internal static byte[] Read(string file) => File.ReadAllBytes(Path.Combine(Folder, file));

    private static Finding? Decode(byte[] file, ImageTerms terms, out Tensor pixels)
    {
        pixels = new Tensor();
        pixels.Begin("pixels", TensorType.UInt8);
        return Images.Decode(file, terms, pixels);
    }
}
