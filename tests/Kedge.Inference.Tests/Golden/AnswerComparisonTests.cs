using System.Text;
using Kedge.Inference.Golden;

namespace Kedge.Inference.Tests.Golden;

/// <summary>Two answers to one request.</summary>
public sealed class AnswerComparisonTests
{
    private const string Given = """
        {"model_name":"m","model_version":"1","id":"7","outputs":[
         {"name":"y","shape":[3],"datatype":"FP32","data":[100,"NaN",0]},
         {"name":"i","shape":[1],"datatype":"INT64","data":[7]}]}
        """;

    [Theory]
    [InlineData("\"m\"", "\"n\"", null)]
    [InlineData("\"1\"", "\"2\"", null)]
    [InlineData("[100,", "[100.05,", null)]
    [InlineData("\"NaN\",0", "\"NaN\",0.0009", null)]
    [InlineData("[100,", "[100.2,", "output 'y': element 0 is 100.19999694824219, expected 100")]
    [InlineData("\"NaN\",0", "\"NaN\",0.0011", "output 'y': element 2 is 0.0010999999940395355, expected 0")]
    [InlineData("\"NaN\"", "1", "output 'y': element 1 is 1, expected NaN")]
    [InlineData("[7]", "[8]", "output 'i': element 0 is 8, expected 7")]
    [InlineData("INT64", "INT32", "output 'i': expected INT64 [1], got INT32 [1]")]
    [InlineData("\"i\"", "\"j\"", "output 'i': it is missing")]
    [InlineData("{\"name\":\"i\"", "{\"name\":\"z\",\"shape\":[0],\"datatype\":\"FP32\",\"data\":[]},{\"name\":\"i\"",
        "output 'z' is new")]
    public void They_agree_within_the_tolerance_or_differ_in_words(string what, string by, string? difference) =>
        Assert.Equal(difference, Compare(Given, Given.Replace(what, by, StringComparison.Ordinal)));

    [Theory]
    [InlineData("")]
    [InlineData("no JSON")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("{\"error\":\"KEDGE-INFER-007: it failed\"}")]
    [InlineData("{\"outputs\":[{\"name\":\"y\",\"shape\":[999999999],\"datatype\":\"FP32\",\"data\":[1]}]}")]
    public void What_is_no_answer_differs(string body) => Assert.NotNull(Compare(Given, body));

    [Fact]
    public void Binary_data_is_compared_with_itself_and_with_text()
    {
        byte[] binary = [.. Header("\"parameters\":{\"binary_data_size\":8}"), .. BitConverter.GetBytes(1.5f),
            .. BitConverter.GetBytes(2.5f)];
        int jsonBytes = binary.Length - 8;
        byte[] text = Header("\"data\":[1.5,2.5]");
        Assert.Null(AnswerComparison.Difference(binary, jsonBytes, binary, jsonBytes, 0));
        Assert.Null(AnswerComparison.Difference(binary, jsonBytes, text, text.Length, 0));
        byte[] other = (byte[])binary.Clone();
        other[^2] ^= 1;
        Assert.StartsWith(
            "output 'y': element 1 is ", AnswerComparison.Difference(binary, jsonBytes, other, jsonBytes, 1e-9));
        for (int cut = 0; cut < binary.Length; cut++)
        {
            Assert.NotNull(AnswerComparison.Difference(
                binary, jsonBytes, binary.AsSpan(0, cut), Math.Min(cut, jsonBytes), 0));
        }

        Assert.NotNull(AnswerComparison.Difference(binary, jsonBytes, binary, binary.Length + 1, 0));
    }

    [Fact]
    public void Garbled_answers_never_throw()
    {
        Random random = new(11);
        byte[] given = Encoding.UTF8.GetBytes(Given);
        for (int i = 0; i < 5_000; i++)
        {
            byte[] garbled = (byte[])given.Clone();
            for (int n = random.Next(1, 5); n > 0; n--)
            {
                garbled[random.Next(garbled.Length)] = (byte)random.Next(256);
            }

            _ = AnswerComparison.Difference(given, given.Length, garbled, random.Next(-1, garbled.Length + 2), 0.001);
        }
    }

    private static byte[] Header(string data) =>
        Encoding.UTF8.GetBytes($$"""{"outputs":[{"name":"y","shape":[2],"datatype":"FP32",{{data}}}]}""");

    private static string? Compare(string given, string other)
    {
        byte[] a = Encoding.UTF8.GetBytes(given);
        byte[] b = Encoding.UTF8.GetBytes(other);
        return AnswerComparison.Difference(a, a.Length, b, b.Length, 0.001);
    }
}
