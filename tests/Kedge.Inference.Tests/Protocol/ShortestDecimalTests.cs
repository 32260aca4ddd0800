using System.Globalization;
using System.Text;
using Kedge.Inference.Protocol;

namespace Kedge.Inference.Tests.Protocol;

/// <summary>Against what .NET writes, which is the shortest too.</summary>
public sealed class ShortestDecimalTests
{
    [Theory]
    [InlineData(0f, "0")]
    [InlineData(-0f, "-0")]
    [InlineData(1f, "1")]
    [InlineData(-2.5f, "-2.5")]
    [InlineData(0.1f, "0.1")]
    [InlineData(10f, "10")]
    [InlineData(100000000f, "100000000")]
    [InlineData(1E9f, "1E+09")]
    [InlineData(123456790f, "123456790")]
    [InlineData(0.001f, "0.001")]
    [InlineData(0.0001f, "0.0001")]
    [InlineData(0.00001f, "1E-05")]
    [InlineData(float.Epsilon, "1E-45")]
    [InlineData(float.MaxValue, "3.4028235E+38")]
    [InlineData(float.MinValue, "-3.4028235E+38")]
    [InlineData(1.17549435E-38f, "1.1754944E-38")]
    [InlineData(16777216f, "16777216")]
    [InlineData(9007199254740992f, "9.007199E+15")]
    public void A_value_has_its_text(float value, string text) => Assert.Equal(text, Write(value));

    [Fact]
    public void Every_power_of_two_and_its_neighbours_are_as_dotnet_writes_them()
    {
        for (uint exponent = 0; exponent < 255; exponent++)
        {
            for (int off = -3; off <= 3; off++)
            {
                Same(unchecked((exponent << 23) + (uint)off) & int.MaxValue);
            }
        }
    }

    [Fact]
    public void Every_power_of_ten_and_its_neighbours_are_as_dotnet_writes_them()
    {
        for (int power = -45; power <= 38; power++)
        {
            uint bits = BitConverter.SingleToUInt32Bits(
                float.Parse(string.Create(CultureInfo.InvariantCulture, $"1e{power}"), CultureInfo.InvariantCulture));
            for (uint off = 0; off <= 6; off++)
            {
                Same(Math.Max(bits, 3) - 3 + off);
            }
        }
    }

    [Fact]
    public void Whatever_bits_are_as_dotnet_writes_them()
    {
        // A stride without a common divisor meets exponents and fractions of all kinds: two million of them.
        uint bits = 0;
        for (int i = 0; i < 2_000_000; i++)
        {
            Same(bits);
            bits += 2_654_435_761;
        }
    }

    [Fact]
    public void What_models_answer_is_as_dotnet_writes_it()
    {
        Random random = new(7);
        for (int i = 0; i < 300_000; i++)
        {
            double scale = Math.Pow(10, random.Next(-9, 7));
            Same(BitConverter.SingleToUInt32Bits((float)((random.NextDouble() - 0.5) * scale)));
            Same(BitConverter.SingleToUInt32Bits((float)random.Next(-100_000, 100_000) / (1 << random.Next(0, 12))));
        }
    }

    private static void Same(uint bits)
    {
        float value = BitConverter.UInt32BitsToSingle(bits);
        if (!float.IsFinite(value))
        {
            return;
        }

        Span<byte> text = stackalloc byte[ShortestDecimal.BytesMax];
        Span<byte> theirs = stackalloc byte[32];
        int length = ShortestDecimal.Write(value, text);
        Assert.True(value.TryFormat(theirs, out int expected, default, CultureInfo.InvariantCulture));
        if (!text[..length].SequenceEqual(theirs[..expected]))
        {
            Assert.Fail(string.Create(
                CultureInfo.InvariantCulture,
                $"0x{bits:X8}: {Encoding.ASCII.GetString(text[..length])}, not {value}"));
        }
    }

    private static string Write(float value)
    {
        Span<byte> text = stackalloc byte[ShortestDecimal.BytesMax];
        return Encoding.ASCII.GetString(text[..ShortestDecimal.Write(value, text)]);
    }
}
