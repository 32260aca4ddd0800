using System.Text;
using Kedge.Core.Errors;
using Kedge.Inference.Protocol;
using Kedge.Inference.Sessions;
using Kedge.Inference.Tensors;

namespace Kedge.Inference.Tests.Protocol;

public sealed class RequestReaderTests
{
    private static readonly ModelSignature Signature = new(
        [new("a", TensorType.Float32, [-1, 2]), new("t", TensorType.Bytes, [2])],
        [new("y", TensorType.Float32, [-1]), new("z", TensorType.Float32, [-1])]);

    private const string A = """{"name":"a","shape":[2,2],"datatype":"FP32","data":[1,2.5,-3e2,0]}""";
    private const string T = """{"name":"t","shape":[2],"datatype":"BYTES","data":["x","ü\n\u00e9"]}""";

    public static TheoryData<string, string> Broken => new()
    {
        { "", "KEDGE-INFER-001" },
        { "[]", "KEDGE-INFER-002" },
        { "{}", "KEDGE-INFER-007" },
        { $$"""{"inputs":[{{A}}]}""", "KEDGE-INFER-007" },
        { $$"""{"inputs":[{{A}},{{A}},{{T}}]}""", "KEDGE-INFER-007" },
        { $$"""{"inputs":[{{A}},{{T}}]} x""", "KEDGE-INFER-001" },
        { $$"""{"inputs":[{{A}},{{T}}],"inputs":[]}""", "KEDGE-INFER-002" },
        { $$"""{"inputs":{{A}}}""", "KEDGE-INFER-002" },
        { $$"""{"inputs":[{{A}},{{T}}],"outputs":[{"name":"q"}]}""", "KEDGE-INFER-003" },
        { $$"""{"inputs":[{{A}},{{T}}],"outputs":[{"name":"y"},{"name":"y"}]}""", "KEDGE-INFER-002" },
        { $$"""{"inputs":[{{A}},{{T}}],"id":5}""", "KEDGE-INFER-002" },
        { """{"inputs":[{"name":"q","shape":[2,2],"datatype":"FP32","data":[1]}]}""", "KEDGE-INFER-003" },
        { """{"inputs":[{"name":"a","shape":[2,2],"datatype":"FP33","data":[1]}]}""", "KEDGE-INFER-005" },
        { """{"inputs":[{"name":"a","shape":[2,2],"datatype":"FP64","data":[1]}]}""", "KEDGE-INFER-005" },
        { """{"inputs":[{"name":"a","shape":[2,2],"datatype":"FP32","data":[1,2,3]}]}""", "KEDGE-INFER-004" },
        { """{"inputs":[{"name":"a","shape":[2,2],"datatype":"FP32","data":[1,2,3,4,5]}]}""", "KEDGE-INFER-004" },
        { """{"inputs":[{"name":"a","shape":[2,2],"datatype":"FP32","data":[[1,2,3],[4]]}]}""", "KEDGE-INFER-004" },
        { """{"inputs":[{"name":"a","shape":[2,2],"datatype":"FP32","data":[[1,2],[3,4],[]]}]}""", "KEDGE-INFER-004" },
        { """{"inputs":[{"name":"a","shape":[2,2],"datatype":"FP32","data":[[1,2],3,4]}]}""", "KEDGE-INFER-004" },
        {
            """{"inputs":[{"name":"a","shape":[2,2],"datatype":"FP32","data":[[[1],[2]],[[3],[4]]]}]}""",
            "KEDGE-INFER-004"
        },
        { """{"inputs":[{"name":"a","shape":[2,3],"datatype":"FP32","data":[1,2,3,4,5,6]}]}""", "KEDGE-INFER-004" },
        { """{"inputs":[{"name":"a","shape":[4],"datatype":"FP32","data":[1,2,3,4]}]}""", "KEDGE-INFER-004" },
        { """{"inputs":[{"name":"a","shape":[-1,2],"datatype":"FP32","data":[1,2]}]}""", "KEDGE-INFER-004" },
        { """{"inputs":[{"name":"a","shape":[1.5,2],"datatype":"FP32","data":[1,2]}]}""", "KEDGE-INFER-004" },
        {
            """{"inputs":[{"name":"a","shape":[9223372036854775807,2],"datatype":"FP32","data":[1]}]}""",
            "KEDGE-INFER-004"
        },
        { """{"inputs":[{"name":"a","shape":[1000000000,2],"datatype":"FP32","data":[1]}]}""", "KEDGE-INFER-004" },
        { """{"inputs":[{"name":"a","shape":[1,2],"datatype":"FP32","data":[1,"2"]}]}""", "KEDGE-INFER-006" },
        { """{"inputs":[{"name":"a","shape":[1,2],"datatype":"FP32","data":[1,null]}]}""", "KEDGE-INFER-006" },
        { """{"inputs":[{"name":"a","shape":[1,2],"datatype":"FP32","data":[1,1e39]}]}""", "KEDGE-INFER-006" },
        { """{"inputs":[{"name":"a","shape":[1,2],"datatype":"FP32","data":[1,01]}]}""", "KEDGE-INFER-001" },
        { """{"inputs":[{"name":"a","shape":[1,2],"datatype":"FP32","data":[1,2,]}]}""", "KEDGE-INFER-001" },
        { """{"inputs":[{"name":"a","shape":[1,2],"datatype":"FP32","data":[1 2]}]}""", "KEDGE-INFER-001" },
        { """{"inputs":[{"name":"a","shape":[1,2],"datatype":"FP32","data":[,1,2]}]}""", "KEDGE-INFER-001" },
        { """{"inputs":[{"name":"a","shape":[1,2],"datatype":"FP32","data":[NaN,2]}]}""", "KEDGE-INFER-001" },
        { """{"inputs":[{"name":"a","shape":[1,2],"datatype":"FP32"}]}""", "KEDGE-INFER-002" },
        { """{"inputs":[{"name":"a","shape":[1,2],"datatype":"FP32","data":5}]}""", "KEDGE-INFER-002" },
        { $$"""{"inputs":[{{A}},{"name":"t","shape":[2],"datatype":"BYTES","data":["x",5]}]}""", "KEDGE-INFER-006" },
        {
            $$"""{"inputs":[{{A}},{"name":"t","shape":[2],"datatype":"BYTES","data":["x","\ud800"]}]}""",
            "KEDGE-INFER-001"
        },
        { $$"""{"inputs":[{{A}},{"name":"t","shape":[2],"datatype":"BYTES","data":["x","\q"]}]}""", "KEDGE-INFER-001" },
    };

    [Fact]
    public void A_whole_request_is_read()
    {
        InferenceCall call = new(Signature);
        string json = $$$"""
            {"id":"r-\u00e9", "parameters":{"priority":1,"deep":{"er":[1,{"x":[]}]}}, "inputs":[{{{A}}}, {{{T}}}],
             "outputs":[{"name":"z","parameters":{"binary_data":false}}], "later":[1,2,{"x":null}] }
            """;
        Assert.Null(Read(json, call));
        Assert.Equal("r-é", Encoding.UTF8.GetString(call.Id));
        Assert.Equal([1f, 2.5f, -300f, 0f], call.Inputs[0].Values<float>().ToArray());
        Assert.Equal("x"u8.ToArray(), call.Inputs[1].Text(0).ToArray());
        Assert.Equal("ü\né", Encoding.UTF8.GetString(call.Inputs[1].Text(1)));
        Assert.Equal([1], call.Wanted.ToArray());
    }

    [Fact]
    public void Fields_may_come_in_any_order_and_data_may_be_nested()
    {
        InferenceCall call = new(Signature);
        Assert.Null(Read(
            $$"""{"inputs":[{"data":[[1,2] , [3 ,4]],"datatype":"FP32","shape":[2,2],"name":"a"},{{T}}]}""", call));
        Assert.Equal([1f, 2f, 3f, 4f], call.Inputs[0].Values<float>().ToArray());
        Assert.Equal([0, 1], call.Wanted.ToArray());
        Assert.Null(Read(
            $$"""{"inputs":[{{T}},{"name":"a","shape":[0,2],"datatype":"FP32","data":[]}]}""", call));
        Assert.Equal(0, call.Inputs[0].ElementCount);
    }

    [Theory]
    [MemberData(nameof(Broken))]
    public void A_broken_request_is_refused_with_its_code(string json, string code)
    {
        InferenceCall call = new(Signature);
        Finding? fault = Read(json, call);
        Assert.Equal(code, fault?.Code);
        Assert.Null(Read($$"""{"inputs":[{{A}},{{T}}]}""", call));
    }

    [Fact]
    public void A_request_cut_at_any_byte_is_refused_and_the_call_stays_usable()
    {
        InferenceCall call = new(Signature);
        byte[] whole = Encoding.UTF8.GetBytes(
            $$$"""{"id":"q","inputs":[{{{A}}},{{{T}}}],"outputs":[{"name":"y"}],"parameters":{}}""");
        for (int length = 0; length < whole.Length; length++)
        {
            Finding? fault = InferenceRequestReader.Read(whole.AsSpan(0, length), length, call);
            Assert.True(fault is not null, $"Cut at {length} was accepted.");
        }

        Assert.Null(InferenceRequestReader.Read(whole, whole.Length, call));
    }

    [Fact]
    public void A_request_with_any_byte_changed_never_throws()
    {
        InferenceCall call = new(Signature);
        byte[] whole = Encoding.UTF8.GetBytes($$"""{"id":"q","inputs":[{{A}},{{T}}],"outputs":[{"name":"y"}]}""");
        foreach (byte other in "\0\"\\[]{},:-0e.tn\xff"u8.ToArray())
        {
            for (int at = 0; at < whole.Length; at++)
            {
                byte[] changed = [.. whole];
                changed[at] = other;
                InferenceRequestReader.Read(changed, changed.Length, call);
            }
        }
    }

    [Fact]
    public void A_binary_request_is_read_and_a_wrong_length_refused()
    {
        InferenceCall call = new(Signature);
        string json = """
            {"parameters":{"binary_data_output":true},
             "inputs":[{"name":"t","shape":[2],"datatype":"BYTES","parameters":{"binary_data_size":11}},
             {"name":"a","shape":[1,2],"datatype":"FP32","parameters":{"binary_data_size":8}}]}
            """;
        byte[] head = Encoding.UTF8.GetBytes(json);
        byte[] data = [1, 0, 0, 0, (byte)'x', 2, 0, 0, 0, (byte)'y', (byte)'z', 0, 0, 0x80, 0x3f, 0, 0, 0, 0x40];
        Assert.Null(InferenceRequestReader.Read((byte[])[.. head, .. data], head.Length, call));
        Assert.Equal("yz"u8.ToArray(), call.Inputs[1].Text(1).ToArray());
        Assert.Equal([1f, 2f], call.Inputs[0].Values<float>().ToArray());
        Assert.True(call.IsBinary(0));
        for (int cut = 0; cut < data.Length; cut++)
        {
            byte[] body = [.. head, .. data.AsSpan(0, cut)];
            Assert.Equal("KEDGE-INFER-004", InferenceRequestReader.Read(body, head.Length, call)?.Code);
        }

        byte[] more = [.. head, .. data, 0];
        Assert.Equal("KEDGE-INFER-004", InferenceRequestReader.Read(more, head.Length, call)?.Code);
        Assert.Equal("KEDGE-INFER-002", InferenceRequestReader.Read(head, head.Length + 1, call)?.Code);
    }

    [Fact]
    public void Reading_computing_and_answering_allocates_nothing_once_warm()
    {
        using IInferenceSession session = TinyModels.NativeAddSub();
        InferenceCall call = new(session.Signature);
        using InferenceResponseWriter writer = new();
        string numbers = string.Join(',', Enumerable.Range(0, 16));
        byte[] body = Encoding.UTF8.GetBytes($$"""
            {"id":"1","inputs":[{"name":"INPUT0","shape":[1,16],"datatype":"INT32","data":[{{numbers}}]},
            {"name":"INPUT1","shape":[1,16],"datatype":"INT32","data":[{{numbers}}]}]}
            """);
        void Once()
        {
            Assert.Null(InferenceRequestReader.Read(body, body.Length, call));
            Assert.Null(session.Run(call));
            Assert.Null(writer.Write("m", "1", call));
        }

        for (int i = 0; i < 200; i++)
        {
            Once();
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++)
        {
            Once();
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1000);
    }

    private static Finding? Read(string json, InferenceCall call)
    {
        byte[] body = Encoding.UTF8.GetBytes(json);
        return InferenceRequestReader.Read(body, body.Length, call);
    }
}
