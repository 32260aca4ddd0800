using System.Collections.Immutable;
using System.Text;
using Kedge.Core.Errors;
using Kedge.Inference.Protocol;
using Kedge.Inference.Regions;
using Kedge.Inference.Sessions;
using Kedge.Inference.Tensors;

namespace Kedge.Inference.Tests.Protocol;

/// <summary>
/// Triton's extensions in requests and answers. The examples are those of its protocol documents: what they ask and
/// what they must get.
/// </summary>
public sealed class ExtensionTests
{
    private static readonly ModelSignature Classes = new(
        [new("input0", TensorType.UInt32, [2, 2])], [new("output0", TensorType.Float32, [4])]);

    private static readonly ModelSignature Pair = new(
        [new("input0", TensorType.UInt32, [2, 2]), new("input1", TensorType.Bool, [3])],
        [new("output0", TensorType.Float32, [3, 2]), new("output1", TensorType.Float32, [1])]);

    public static TheoryData<string, string> Refused { get; } = new()
    {
        { """ "parameters":{"sequence_id":7}, """, "KEDGE-INFER-020" },
        { """ "parameters":{"sequence_id":"a"}, """, "KEDGE-INFER-020" },
        { """ "parameters":{"sequence_start":true}, """, "KEDGE-INFER-020" },
        { """ "parameters":{"priority":-1}, """, "KEDGE-INFER-021" },
        { """ "parameters":{"priority":"high"}, """, "KEDGE-INFER-021" },
        { """ "parameters":{"timeout":1.5}, """, "KEDGE-INFER-021" },
        { """ "outputs":[{"name":"output0","parameters":{"classification":0}}], """, "KEDGE-INFER-021" },
        { """ "outputs":[{"name":"output0","parameters":{"classification":"2"}}], """, "KEDGE-INFER-021" },
        { """ "outputs":[{"name":"output0","parameters":{"classification":99999999999}}], """, "KEDGE-INFER-021" },
        { """ "outputs":[{"name":"output0","parameters":{"shared_memory_offset":4}}], """, "KEDGE-INFER-021" },
        { """ "outputs":[{"name":"output0","parameters":{"shared_memory_region":"r"}}], """, "KEDGE-INFER-025" },
    };

    [Fact]
    public void The_documented_classification_is_answered()
    {
        InferenceCall call = new(Classes);
        Assert.Null(Read(call, """
            {"id":"42","inputs":[{"name":"input0","shape":[2,2],"datatype":"UINT32","data":[1,2,3,4]}],
             "outputs":[{"name":"output0","parameters":{"classification":2}}]}
            """));
        Fill(call.Outputs[0], TensorType.Float32, [4], [1.1f, 3.3f, 0.5f, 2.4f]);
        Assert.Equal(
            """
            {"model_name":"mymodel","model_version":"1","id":"42",
            """ + """
            "outputs":[{"name":"output0","datatype":"BYTES","shape":[2],"data":["3.3:1","2.4:3"]}]}
            """,
            Answer(call));
    }

    [Fact]
    public void Classes_that_have_a_label_are_answered_with_it_in_any_script()
    {
        InferenceCall call = new(Classes with
        {
            Labels = [.. new[] { "apple", "пёс", "c:d", }.Select(static one =>
                Encoding.UTF8.GetBytes(one).ToImmutableArray())],
        });
        Assert.Null(Read(call, """
            {"inputs":[{"name":"input0","shape":[2,2],"datatype":"UINT32","data":[1,2,3,4]}],
             "outputs":[{"name":"output0","parameters":{"classification":4}}]}
            """));
        Fill(call.Outputs[0], TensorType.Float32, [4], [1.1f, 3.3f, 0.5f, 2.4f]);
        Assert.Contains(
            "\"data\":[\"3.3:1:пёс\",\"2.4:3\",\"1.1:0:apple\",\"0.5:2:c:d\"]",
            Answer(call),
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_batch_is_classified_row_by_row_and_never_more_than_there_is()
    {
        InferenceCall call = new(new ModelSignature(
            [new("x", TensorType.Float32, [-1, 1])], [new("y", TensorType.Int64, [-1, 3])]));
        Assert.Null(Read(call, """
            {"inputs":[{"name":"x","shape":[2,1],"datatype":"FP32","data":[1,2]}],
             "outputs":[{"name":"y","parameters":{"classification":9}}]}
            """));
        Fill<long>(call.Outputs[0], TensorType.Int64, [2, 3], [5, 9, 5, -1, long.MinValue, long.MaxValue]);
        Assert.Contains(
            """
            "shape":[2,3],"data":["9:1","5:0","5:2","9223372036854775807:2","-1:0","-9223372036854775808:1"]
            """,
            Answer(call),
            StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_no_number_is_the_last_class_and_texts_have_none()
    {
        InferenceCall call = new(Classes);
        string request = """
            {"inputs":[{"name":"input0","shape":[2,2],"datatype":"UINT32","data":[1,2,3,4]}],
             "outputs":[{"name":"output0","parameters":{"classification":4}}]}
            """;
        Assert.Null(Read(call, request));
        Fill(call.Outputs[0], TensorType.Float32, [4], [float.NaN, float.NegativeInfinity, 0, float.PositiveInfinity]);
        Assert.Contains(
            "[\"Infinity:3\",\"0:2\",\"-Infinity:1\",\"NaN:0\"]", Answer(call), StringComparison.Ordinal);

        Assert.Null(Read(call, request));
        Fill<ushort>(call.Outputs[0], TensorType.BFloat16, [4], [0x3f80, 0xbf80, 0x4000, 0]);
        Assert.Contains("[\"2:2\",\"1:0\",\"0:3\",\"-1:1\"]", Answer(call), StringComparison.Ordinal);

        Assert.Null(Read(call, request));
        call.Outputs[0].CopyFrom(Tensor.OfText("output0", [1], ["a"]));
        using InferenceResponseWriter writer = new();
        Assert.Equal("KEDGE-INFER-029", writer.Write("m", "1", call)?.Code);
    }

    [Fact]
    public void The_highest_are_those_that_sorting_finds()
    {
        Random random = new(20_261_129);
        for (int round = 0; round < 200; round++)
        {
            int count = random.Next(1, 60);
            int[] values = [.. Enumerable.Range(0, count).Select(_ => random.Next(10))];
            int wanted = random.Next(1, 70);
            InferenceCall call = new(new ModelSignature(
                [new("x", TensorType.Float32, [1])], [new("y", TensorType.Int32, [count])]));
            Assert.Null(Read(call, $$$"""
                {"inputs":[{"name":"x","shape":[1],"datatype":"FP32","data":[1]}],
                 "outputs":[{"name":"y","parameters":{"classification":{{{wanted}}}}}]}
                """));
            Fill<int>(call.Outputs[0], TensorType.Int32, [count], values);
            Assert.Null(OutputClassifier.Apply(call));
            Tensor classes = call.AnswerOf(0);
            Assert.Equal(
                values.Select(static (value, index) => (value, index))
                    .OrderByDescending(static p => p.value).ThenBy(static p => p.index)
                    .Take(wanted).Select(static p => $"{p.value}:{p.index}"),
                Enumerable.Range(0, classes.TextCount).Select(i => Encoding.UTF8.GetString(classes.Text(i))));
        }
    }

    [Fact]
    public void What_an_output_says_of_binary_data_goes_before_what_the_request_says()
    {
        InferenceCall call = new(Pair);
        Assert.Null(Read(call, """
            {"inputs":[{"name":"input0","shape":[2,2],"datatype":"UINT32","data":[1,2,3,4]},
                       {"name":"input1","shape":[3],"datatype":"BOOL","data":[true,false,true]}],
             "outputs":[{"name":"output1","parameters":{"binary_data":false}},{"name":"output0"}],
             "parameters":{"binary_data_output":true}}
            """));
        Assert.True(call.IsBinary(0));
        Assert.False(call.IsBinary(1));
        Fill(call.Outputs[0], TensorType.Float32, [3, 2], [1f, 2, 3, 4, 5, 6]);
        Fill(call.Outputs[1], TensorType.Float32, [1], [7f]);
        using InferenceResponseWriter writer = new();
        Assert.Null(writer.Write("m", "1", call));
        Assert.Equal(24, writer.Written.Length - writer.JsonBytes);
    }

    [Fact]
    public void Priority_and_timeout_are_read_and_forgotten_with_the_next_request()
    {
        InferenceCall call = new(Classes);
        const string Inputs =
            """ "inputs":[{"name":"input0","shape":[2,2],"datatype":"UINT32","data":[1,2,3,4]}]} """;
        Assert.Null(Read(call, """
            {"parameters":{"priority":2,"timeout":1500,"sequence_id":0,"sequence_start":false,"my_own":"x"},
            """ + Inputs));
        Assert.Equal(2, call.Extensions.Priority);
        Assert.Equal(1500, call.Extensions.TimeoutUs);
        Assert.Null(Read(call, "{" + Inputs));
        Assert.Equal(0, call.Extensions.Priority);
        Assert.Equal(0, call.Extensions.TimeoutUs);
    }

    [Theory]
    [MemberData(nameof(Refused))]
    public void A_wrong_parameter_is_refused_with_its_code(string parameters, string code)
    {
        InferenceCall call = new(Classes);
        Assert.Equal(code, Read(
            call,
            "{" + parameters
            + """ "inputs":[{"name":"input0","shape":[2,2],"datatype":"UINT32","data":[1,2,3,4]}]}""")?.Code);
    }

    [Fact]
    public void A_body_without_json_is_the_one_input()
    {
        byte[] body = new byte[128];
        body[4] = 9;
        InferenceCall call = new(TinyModels.IdentitySignature(TensorType.Int32));
        Assert.Null(RawRequestReader.Read(body, call));
        Assert.Equal([32L], call.Inputs[0].Shape.ToArray());
        Assert.Equal(9, call.Inputs[0].Values<int>()[1]);
        Assert.True(call.IsBinary(0));
        Assert.Equal("KEDGE-INFER-004", RawRequestReader.Read(body.AsSpan(1), call)?.Code);

        InferenceCall image = new(new ModelSignature(
            [new("x", TensorType.UInt8, [-1, -1, 4])], TinyModels.IdentitySignature(TensorType.Int32).Outputs));
        Assert.Null(RawRequestReader.Read(body, image));
        Assert.Equal([1L, 32, 4], image.Inputs[0].Shape.ToArray());
        Assert.Equal("KEDGE-INFER-004", RawRequestReader.Read(body.AsSpan(1), image)?.Code);

        InferenceCall text = new(TinyModels.IdentitySignature(TensorType.Bytes));
        Assert.Null(RawRequestReader.Read(body, text));
        Assert.Equal(body, text.Inputs[0].Text(0).ToArray());
        Assert.Equal("KEDGE-INFER-002", RawRequestReader.Read(body, new InferenceCall(Pair))?.Code);
    }

    [Fact]
    public void Tensors_in_shared_memory_are_read_and_written_where_they_lie()
    {
        byte[] memory = new byte[256];
        BitConverter.TryWriteBytes(memory.AsSpan(16), 1.5f);
        BitConverter.TryWriteBytes(memory.AsSpan(20), -2f);
        int ended = 0;
        RegionTable table = new();
        Assert.Null(table.TryAdd(new SharedRegion("r", memory, new Ending(() => ended++))));
        InferenceCall call = new(TinyModels.IdentitySignature(TensorType.Float32));
        Assert.Null(Read(call, Shared(16, 8, 64, 8), table));
        Assert.Equal([1.5f, -2f], call.Inputs[0].Values<float>().ToArray());
        memory[16] = 0xff;
        Assert.NotEqual(1.5f, call.Inputs[0].Values<float>()[0]); // It is the same memory.
        memory[16] = 0;

        // Taken out of the table while a request holds it, it stays until that is done.
        Assert.True(table.Remove("r"));
        Assert.Equal(0, ended);
        Fill(call.Outputs[0], TensorType.Float32, [2], [3f, 4f]);
        Assert.Contains(
            "\"shared_memory_region\":\"r\",\"shared_memory_offset\":64,\"shared_memory_byte_size\":8",
            Answer(call),
            StringComparison.Ordinal);
        Assert.Equal(4f, BitConverter.ToSingle(memory, 68));
        call.Trim(1 << 20);
        Assert.Equal(1, ended);
        Assert.Equal(0, call.Inputs[0].ElementCount);
    }

    [Fact]
    public void Whole_numbers_in_shared_memory_are_copied_before_anybody_believes_them()
    {
        byte[] memory = new byte[64];
        RegionTable table = new();
        Assert.Null(table.TryAdd(new SharedRegion("r", memory, new Ending(static () => { }))));
        InferenceCall call = new(TinyModels.IdentitySignature(TensorType.Int32));
        Assert.Null(Read(call, Shared(0, 8, 32, 8, "INT32"), table));
        memory[0] = 7;
        Assert.Equal(0, call.Inputs[0].Values<int>()[0]);

        InferenceCall floats = new(TinyModels.IdentitySignature(TensorType.Float32));
        floats.Extensions.BorrowsInputs = false;
        Assert.Null(Read(floats, Shared(0, 8, 32, 8), table));
        memory[3] = 0x40;
        Assert.Equal(7 * float.Epsilon, floats.Inputs[0].Values<float>()[0]);
    }

    [Fact]
    public void Shared_memory_that_does_not_fit_is_refused()
    {
        byte[] memory = new byte[64];
        RegionTable table = new();
        Assert.Null(table.TryAdd(new SharedRegion("r", memory, new Ending(static () => { }))));
        InferenceCall call = new(TinyModels.IdentitySignature(TensorType.Float32));
        Assert.Equal("KEDGE-INFER-026", Read(call, Shared(60, 8, 0, 8), table)?.Code);
        Assert.Equal("KEDGE-INFER-026", Read(call, Shared(long.MaxValue, 8, 0, 8), table)?.Code);
        Assert.Equal("KEDGE-INFER-026", Read(call, Shared(0, 12, 0, 8), table)?.Code);
        Assert.Equal("KEDGE-INFER-026", Read(call, Shared(0, 8, 0, long.MaxValue), table)?.Code);
        Assert.Null(Read(call, Shared(0, 8, 0, 4), table));
        Fill(call.Outputs[0], TensorType.Float32, [2], [3f, 4f]);
        using InferenceResponseWriter writer = new();
        Assert.Equal("KEDGE-INFER-026", writer.Write("m", "1", call)?.Code);
        Assert.Equal("KEDGE-INFER-025", Read(call, Shared(0, 8, 0, 8), new RegionTable())?.Code);
        Assert.Contains(
            "already", table.TryAdd(new SharedRegion("r", memory, new Ending(static () => { }))),
            StringComparison.Ordinal);
    }

    private static string Shared(
        long offset, long bytes, long outputOffset, long outputBytes, string type = "FP32") => $$$"""
        {"inputs":[{"name":"x","shape":[2],"datatype":"{{{type}}}","parameters":{"shared_memory_region":"r",
          "shared_memory_offset":{{{offset}}},"shared_memory_byte_size":{{{bytes}}}}}],
         "outputs":[{"name":"y","parameters":{"shared_memory_region":"r","shared_memory_offset":{{{outputOffset}}},
          "shared_memory_byte_size":{{{outputBytes}}}}}]}
        """;

    private static Finding? Read(InferenceCall call, string json, RegionTable? regions = null)
    {
        byte[] body = Encoding.UTF8.GetBytes(json);
        return InferenceRequestReader.Read(body, body.Length, call, regions);
    }

    private static void Fill<T>(Tensor tensor, TensorType type, ReadOnlySpan<long> shape, ReadOnlySpan<T> values)
        where T : unmanaged => tensor.CopyFrom(Tensor.Of("y", type, shape, values));

    private static string Answer(InferenceCall call)
    {
        foreach (int index in call.Wanted)
        {
            Tensor copy = new();
            copy.CopyFrom(call.Outputs[index]);
            call.Outputs[index].Begin(call.Signature.Outputs[index].Name, copy.Type);
            Assert.True(call.Outputs[index].TryShape(copy.Shape));
            copy.Bytes.CopyTo(call.Outputs[index].Bytes);
        }

        using InferenceResponseWriter writer = new();
        Assert.Null(writer.Write("mymodel", "1", call));
        return Encoding.UTF8.GetString(writer.Written.Span);
    }

    private sealed class Ending(Action ended) : IDisposable
    {
        public void Dispose() => ended();
    }
}
