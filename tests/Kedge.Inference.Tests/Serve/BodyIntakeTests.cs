using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Kedge.Core.Errors;
using Kedge.Inference.Protocol;
using Kedge.Inference.Sessions;
using Kedge.Inference.Tensors;
using Kedge.ModelServer.Http;

namespace Kedge.Inference.Tests.Serve;

/// <summary>A request that is read while it comes is the request that is read when it is whole.</summary>
public sealed class BodyIntakeTests
{
    private const int Elements = 12_000;

    private static readonly ModelSignature Signature = new(
        [new("x", TensorType.Float32, [-1, -1]), new("n", TensorType.Int32, [2])],
        [new("y", TensorType.Float32, [-1])]);

    [Fact]
    public void However_it_comes_the_same_is_read()
    {
        Random random = new(31);
        int early = 0;
        for (int round = 0; round < 400; round++)
        {
            early += Same(Request(random), random) > 0 ? 1 : 0;
        }

        Assert.InRange(early, 150, 400);
    }

    [Fact]
    public void However_it_comes_the_same_is_wrong_with_it()
    {
        Random random = new(32);
        byte[] letters = "0123456789.,-+eE :x]}[{/\n\"\0\xFF"u8.ToArray();
        for (int round = 0; round < 400; round++)
        {
            byte[] text = Request(random);
            for (int changes = random.Next(1, 3); changes > 0; changes--)
            {
                // Where the structure is, or anywhere.
                int at = random.Next(3) switch
                {
                    0 => random.Next(100),
                    1 => text.Length - 1 - random.Next(100),
                    _ => random.Next(text.Length),
                };
                text[at] = letters[random.Next(letters.Length)];
            }

            _ = Same(random.Next(8) == 0 ? text[..random.Next(text.Length)] : text, random);
        }
    }

    [Theory]
    [InlineData("""{"inputs":[{"name":"x","shape":[2,6000],"datatype":"FP32","data":[""", true)]
    [InlineData("""{"id":"7","inputs":[{"shape":[12000,1],"datatype":"FP32","name":"x","data": [ """, true)]
    [InlineData("""{"id":null,"x":{},"inputs":[{"shape":[1,12000],"datatype":"FP32","data":[""", true)]
    [InlineData("""{"inputs":[{"name":"x","shape":[2,6000],"datatype":"FP64","data":[""", false)]
    [InlineData("""{"inputs":[{"name":"x","shape":[2,6000],"data":[""", false)]
    [InlineData("""{"inputs":[{"name":"x","datatype":"FP32","data":[""", false)]
    [InlineData("""{"inputs":[{"name":"x","shape":[2,6000000000],"datatype":"FP32","data":[""", false)]
    [InlineData("""{"inputs":[{"name":"x","shape":[2,-6000],"datatype":"FP32","data":[""", false)]
    [InlineData("""{"inputs":[{"name":"x","shape":[2,60],"datatype":"FP32","data":[""", false)]
    [InlineData("""{"inputs":{"name":"x","shape":[2,6000],"datatype":"FP32","data":[""", false)]
    [InlineData("""{"outputs":[{"name":"x","shape":[2,6000],"datatype":"FP32","data":[""", false)]
    public void Numbers_are_read_early_where_it_is_known_what_they_are(string begin, bool isEarly)
    {
        BodyIntake intake = new(1 << 20, readsEarly: true);
        intake.Take(Encoding.ASCII.GetBytes(begin + string.Concat(Enumerable.Repeat("0.25,", 11_999))));
        EarlyList list = intake.Finish(out BodyBuffer values);
        Assert.Equal(isEarly, list.Count > 10_000);
        Assert.Equal(begin.Length + (5 * 11_999), intake.TakenBytes);
        Assert.Equal(isEarly ? Elements * sizeof(float) : 0, values.Length);
        intake.Release();
        values.Release();
    }

    [Theory]
    [InlineData(1 << 20, 500_000_000)]
    [InlineData(1 << 20, 530_000)]
    [InlineData(1 << 26, 500_000_000)]
    public void A_shape_that_claims_more_than_can_come_takes_no_memory_for_it(int announced, int elements)
    {
        BodyIntake intake = new(announced, readsEarly: true);
        intake.Take(Encoding.ASCII.GetBytes(
            $$"""{"inputs":[{"name":"x","shape":[1,{{elements}}],"datatype":"FP32","data":["""
            + string.Concat(Enumerable.Repeat("0.25,", 40_000))));
        EarlyList list = intake.Finish(out BodyBuffer values);
        Assert.Equal((0, 0), (list.Count, values.Length));
        intake.Release();
    }

    [Fact]
    public void A_body_that_ends_before_what_its_shape_claims_is_refused()
    {
        BodyIntake intake = new(1 << 20, readsEarly: true);
        intake.Take(Encoding.ASCII.GetBytes(
            """{"inputs":[{"name":"x","shape":[1,500000],"datatype":"FP32","data":["""
            + string.Concat(Enumerable.Repeat("0.25,", 40_000)) + "1],\"shape\":[0,3]}]}"));
        EarlyList list = intake.Finish(out BodyBuffer values);
        Assert.InRange(list.Count, 30_000, 40_000);
        Assert.InRange(values.Length, 1, 1 << 20);
        Assert.Equal("KEDGE-INFER-004", Read(intake, list, new InferenceCall(Signature))?.Code);
        intake.Release();
        values.Release();
    }

    [Theory]
    [InlineData("\"shape\":[0,3]", "KEDGE-INFER-002")]
    [InlineData("\"shape\":[1,11999]", "KEDGE-INFER-002")]
    [InlineData("\"datatype\":\"INT32\"", "KEDGE-INFER-005")]
    [InlineData("\"shape\":[12000,1]", null)]
    public void What_is_said_again_behind_the_data_does_no_harm(string again, string? code)
    {
        BodyIntake intake = new(1 << 20, readsEarly: true);
        intake.Take(Encoding.ASCII.GetBytes(
            """{"inputs":[{"shape":[1,12000],"datatype":"FP32","data":["""
            + string.Concat(Enumerable.Repeat("0.25,", 11_999)) + $"1],{again},\"name\":\"x\"}},"
            + """{"name":"n","shape":[2],"datatype":"INT32","data":[1,2]}]}"""));
        EarlyList list = intake.Finish(out BodyBuffer values);
        Assert.InRange(list.Count, 10_000, 11_999);
        Assert.Equal(code, Read(intake, list, new InferenceCall(Signature))?.Code);
        intake.Release();
        values.Release();
    }

    private static Finding? Read(in BodyIntake intake, in EarlyList list, InferenceCall call) =>
        InferenceRequestReader.Read(
            intake.Text.Bytes, intake.Text.Length, call, lent: intake.Text.Lent, early: list);

    private static int Same(byte[] text, Random random)
    {
        InferenceCall whole = new(Signature);
        Finding? expected = InferenceRequestReader.Read(text, text.Length, whole);
        BodyIntake intake = new(text.Length, readsEarly: true);
        int pieces = random.Next(1, 40);
        for (int at = 0; at < text.Length;)
        {
            int length = Math.Min(random.Next(1, 2 * text.Length / pieces), text.Length - at);
            intake.Take(text.AsSpan(at, length));
            at += length;
        }

        Assert.Equal(text.Length, intake.TakenBytes);
        EarlyList list = intake.Finish(out BodyBuffer values);
        InferenceCall call = new(Signature);
        Finding? found = Read(intake, list, call);
        Assert.Equal(expected?.ToString(), found?.ToString());
        if (expected is null)
        {
            Assert.Equal(MemoryMarshal.Cast<byte, int>(whole.Inputs[0].Bytes), call.Inputs[0].Values<int>());
            Assert.Equal(whole.Inputs[0].Shape, call.Inputs[0].Shape);
            Assert.Equal(whole.Inputs[1].Bytes, call.Inputs[1].Bytes);
        }

        intake.Release();
        values.Release();
        return list.Count;
    }

    private static byte[] Request(Random random)
    {
        string between = random.Next(3) == 0 ? ", " : ",";
        string first = """{"name":"n","shape":[2],"datatype":"INT32","data":[1,2]}""";
        string numbers = string.Join(between, Enumerable.Range(0, Elements).Select(_ => Number(random)));
        string data = random.Next(6) == 0
            ? $"[[{numbers.Insert(numbers.IndexOf(between, 40_000, StringComparison.Ordinal), "],[")}]]".Replace(
                "],[" + between, "],[", StringComparison.Ordinal)
            : $"[{numbers}]";
        string second = random.Next(6) switch
        {
            0 => $$"""{"data":{{data}},"name":"x","shape":[2,6000],"datatype":"FP32"}""",
            1 => $$"""{"shape":[2,6000],"datatype":"FP32","data":{{data}},"name":"x"}""",
            2 => $$"""{"shape":[2,6000],"datatype":"FP32","data":{{data}},"name":"x","datatype":"INT32"}""",
            _ => $$"""{"name":"x","shape":[2,6000],"datatype":"FP32","data":{{data}}}""",
        };
        string inputs = random.Next(5) == 0 ? $"{first},{second}" : $"{second},{first}";
        return Encoding.ASCII.GetBytes($$"""{"id":"q","inputs":[{{inputs}}],"outputs":[{"name":"y"}]}""");
    }

    private static string Number(Random random) => random.Next(64) switch
    {
        0 => "0",
        1 => (random.NextSingle() * 1e-6f).ToString("R", CultureInfo.InvariantCulture),
        2 => random.NextDouble().ToString("R", CultureInfo.InvariantCulture),
        _ => (random.NextSingle() - 0.5f).ToString("F7", CultureInfo.InvariantCulture),
    };
}
