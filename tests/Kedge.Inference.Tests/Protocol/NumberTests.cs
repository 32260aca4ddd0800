using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Kedge.Inference.Protocol;
using Kedge.Inference.Sessions;
using Kedge.Inference.Tensors;

namespace Kedge.Inference.Tests.Protocol;

public sealed class NumberTests
{
    public static TheoryData<TensorType> Types => [.. TensorTypes.All.Where(t => t != TensorType.Bytes)];

    [Theory]
    [MemberData(nameof(Types))]
    public void Every_bit_pattern_written_is_read_back_the_same(TensorType type)
    {
        int width = TensorTypes.ElementBytes(type);
        Random random = new(7);
        byte[] bytes = new byte[4096 * width];
        random.NextBytes(bytes);
        if (type == TensorType.Bool)
        {
            bytes = [.. bytes.Select(b => (byte)(b & 1))];
        }

        if (type is TensorType.Float16 or TensorType.BFloat16)
        {
            bytes = MemoryMarshal.AsBytes(Enumerable.Range(0, 65536).Select(i => (ushort)i).ToArray().AsSpan())
                .ToArray();
        }

        RoundTrip(type, bytes);
    }

    [Fact]
    public void Edges_of_every_integer_are_exact()
    {
        Edges(TensorType.Int64, long.MinValue, long.MaxValue, 0L, -1L);
        Edges(TensorType.UInt64, ulong.MaxValue, 0UL, 1UL << 63, 9999999999999999999UL, 10000000000000000000UL);
        Edges(TensorType.Int32, int.MinValue, int.MaxValue);
        Edges(TensorType.Float32, float.Epsilon, float.MaxValue, float.MinValue, -0f, 1.1754942E-38f);
        Edges(TensorType.Float32, float.NaN, float.PositiveInfinity, float.NegativeInfinity);
        Edges(TensorType.Float64, double.Epsilon, double.MaxValue, -0d, 2.2250738585072011e-308, 9007199254740993d);
    }

    [Theory]
    [InlineData(TensorType.Int8, "128")]
    [InlineData(TensorType.Int8, "-129")]
    [InlineData(TensorType.UInt8, "256")]
    [InlineData(TensorType.UInt8, "-1")]
    [InlineData(TensorType.Int64, "9223372036854775808")]
    [InlineData(TensorType.Int64, "-9223372036854775809")]
    [InlineData(TensorType.UInt64, "18446744073709551616")]
    [InlineData(TensorType.UInt64, "99999999999999999999999999999999999999999")]
    [InlineData(TensorType.Int32, "1.0")]
    [InlineData(TensorType.Int32, "1e3")]
    [InlineData(TensorType.Int32, "true")]
    [InlineData(TensorType.Bool, "1")]
    [InlineData(TensorType.Float16, "65520")]
    [InlineData(TensorType.BFloat16, "3.4e38")]
    [InlineData(TensorType.Float64, "1e309")]
    [InlineData(TensorType.Float32, "\"nan\"")]
    public void A_value_out_of_range_is_refused(TensorType type, string text)
    {
        Assert.Equal("KEDGE-INFER-006", Parse(type, text, out _)?.Code);
    }

    [Theory]
    [InlineData("-")]
    [InlineData("+1")]
    [InlineData(".5")]
    [InlineData("1.")]
    [InlineData("1e")]
    [InlineData("1e+")]
    [InlineData("00")]
    [InlineData("-01")]
    [InlineData("0x10")]
    [InlineData("1_000")]
    [InlineData("Infinity")]
    public void What_is_no_json_number_is_refused(string text)
    {
        TensorType[] types =
            [TensorType.Float16, TensorType.Float32, TensorType.Float64, TensorType.Int32, TensorType.UInt64];
        foreach (TensorType type in types)
        {
            Assert.Equal("KEDGE-INFER-001", Parse(type, text, out _)?.Code);
        }
    }

    [Fact]
    public void Decimal_text_is_rounded_as_the_framework_rounds_it()
    {
        Gen<string> texts =
            from negative in Gen.Elements("", "-")
            from whole in Gen.Choose(0, int.MaxValue)
            from digits in Gen.Choose(0, 22)
            from fraction in Gen.Elements("0123456789".ToCharArray()).ArrayOf(digits)
            from exponent in Gen.OneOf(
                Gen.Constant(""), Gen.Choose(-60, 60).Select(e => "e" + e.ToString(CultureInfo.InvariantCulture)))
            select negative + whole.ToString(CultureInfo.InvariantCulture) + (digits > 0
                ? "." + new string(fraction)
                : "") + exponent;
        Prop.ForAll(texts.ToArbitrary(), text =>
        {
            bool tooLarge = Parse(TensorType.Float32, text, out Tensor single) is not null;
            float expected = float.Parse(text, CultureInfo.InvariantCulture);
            bool sameSingle = tooLarge
                ? !float.IsFinite(expected)
                : BitConverter.SingleToInt32Bits(single.Values<float>()[0]) == BitConverter.SingleToInt32Bits(expected);
            bool sameDouble = Parse(TensorType.Float64, text, out Tensor wide) is null
                && wide.Values<double>()[0].Equals(double.Parse(text, CultureInfo.InvariantCulture));
            return sameSingle && sameDouble;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(5000));
    }

    private static void Edges<T>(TensorType type, params T[] values)
        where T : unmanaged => RoundTrip(type, MemoryMarshal.AsBytes<T>(values).ToArray());

    private static void RoundTrip(TensorType type, byte[] bytes)
    {
        Tensor tensor = Tensor.Of<byte>("x", type, [bytes.Length / TensorTypes.ElementBytes(type)], bytes);
        byte[] body = InferenceClient.WriteRequest([tensor]);
        InferenceCall call = new(TinyModels.IdentitySignature(type));
        Assert.Null(InferenceRequestReader.Read(body, body.Length, call));
        byte[] read = call.Inputs[0].Bytes.ToArray();
        for (int i = 0; i < bytes.Length; i += TensorTypes.ElementBytes(type))
        {
            // NaN has many bit patterns and one text.
            bool isNaN = type switch
            {
                TensorType.Float16 => Half.IsNaN(BitConverter.ToHalf(bytes, i)),
                TensorType.BFloat16 =>
                    float.IsNaN(BitConverter.UInt32BitsToSingle((uint)BitConverter.ToUInt16(bytes, i) << 16)),
                TensorType.Float32 => float.IsNaN(BitConverter.ToSingle(bytes, i)),
                TensorType.Float64 => double.IsNaN(BitConverter.ToDouble(bytes, i)),
                _ => false,
            };
            int width = TensorTypes.ElementBytes(type);
            if (!isNaN)
            {
                Assert.Equal(bytes[i..(i + width)], read[i..(i + width)]);
            }
        }
    }

    private static Kedge.Core.Errors.Finding? Parse(TensorType type, string text, out Tensor tensor)
    {
        byte[] body = Encoding.UTF8.GetBytes(
            $$"""{"inputs":[{"name":"x","shape":[1],"datatype":"{{TensorTypes.Name(type)}}","data":[{{text}}]}]}""");
        InferenceCall call = new(TinyModels.IdentitySignature(type));
        tensor = call.Inputs[0];
        return InferenceRequestReader.Read(body, body.Length, call);
    }
}
