using System.Globalization;
using System.Text;
using Kedge.Inference.Protocol;

namespace Kedge.Inference.Tests.Protocol;

/// <summary>
/// What the fast way reads is what the framework's parser reads, bit for bit; the rest it leaves alone.
/// </summary>
public sealed class FastDecimalTests
{
    private static readonly CultureInfo Culture = CultureInfo.InvariantCulture;

    [Fact]
    public void Random_decimals_are_rounded_as_the_general_parser_does()
    {
        Random random = new(11);
        int taken = 0;
        const int Count = 200_000;
        for (int i = 0; i < Count; i++)
        {
            string text = Decimal(random);
            taken += Agrees(text) ? 1 : 0;
        }

        Assert.True(taken > Count * 0.8, string.Create(Culture, $"only {taken} of {Count} went the fast way"));
    }

    [Fact]
    public void Decimals_around_the_middle_of_two_floats_are_rounded_right()
    {
        Random random = new(12);
        for (int i = 0; i < 100_000; i++)
        {
            float low = (float)((random.NextDouble() * 2) - 1);
            double middle = ((double)low + MathF.BitIncrement(low)) / 2;
            for (int digits = 7; digits <= 18; digits++)
            {
                Agrees(middle.ToString("F" + digits.ToString(Culture), Culture));
            }
        }
    }

    [Fact]
    public void What_other_languages_print_of_a_float_goes_the_fast_way()
    {
        Random random = new(13);
        for (int i = 0; i < 20_000; i++)
        {
            float value = (float)random.NextDouble();
            string asDouble = ((double)value).ToString("R", Culture);
            Assert.True(asDouble.Contains('E', StringComparison.Ordinal) || asDouble.Length > 20 || Agrees(asDouble));
        }
    }

    [Theory]
    [InlineData("01.5")]
    [InlineData("-")]
    [InlineData("-.5")]
    [InlineData(".5")]
    [InlineData("1.")]
    [InlineData("1.x")]
    [InlineData("1.5.5")]
    [InlineData("1e3")]
    [InlineData("1.5E-3")]
    [InlineData("+1")]
    [InlineData("x")]
    [InlineData("1234567890123456789012")]
    [InlineData("0.1234567890123456789012")]
    public void What_is_no_plain_decimal_is_left_to_the_general_parser(string text) => Assert.False(Agrees(text));

    [Fact]
    public void The_end_of_the_text_is_left_to_the_general_parser()
    {
        int position = 0;
        Assert.False(FastDecimal.TryReadSingle("0.5]"u8, ref position, out _));
        Assert.Equal(0, position);
    }

    // True when the fast way read it; then what it read must be right, and the position behind it.
    private static bool Agrees(string text)
    {
        int position = 1;
        byte[] json = Encoding.ASCII.GetBytes($"[{text},{new string(' ', 40)}");
        if (!FastDecimal.TryReadSingle(json, ref position, out float value))
        {
            Assert.Equal(1, position);
            return false;
        }

        float expected = float.Parse(text, NumberStyles.Float, Culture);
        Assert.True(
            BitConverter.SingleToInt32Bits(expected) == BitConverter.SingleToInt32Bits(value),
            string.Create(Culture, $"{text}: {value:R} instead of {expected:R}"));
        Assert.Equal(1 + text.Length, position);
        return true;
    }

    private static string Decimal(Random random)
    {
        StringBuilder text = new(random.Next(2) == 0 ? "-" : "");
        int whole = random.Next(4) == 0 ? random.Next(1, 19) : 1;
        text.Append(whole == 1 ? random.Next(10) : random.Next(1, 10));
        Digits(text, random, whole - 1);
        if (random.Next(8) > 0)
        {
            text.Append('.');
            Digits(text, random, random.Next(1, 19));
        }

        return text.ToString();
    }

    private static void Digits(StringBuilder text, Random random, int count)
    {
        for (int i = 0; i < count; i++)
        {
            text.Append(random.Next(10));
        }
    }
}
