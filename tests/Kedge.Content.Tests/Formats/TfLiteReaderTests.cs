using System.Buffers.Binary;
using Kedge.Content.Formats;
using Kedge.Content.Formats.TfLite;
using Kedge.Content.Tests.Support;
using Kedge.Core.Errors;

namespace Kedge.Content.Tests.Formats;

public sealed class TfLiteReaderTests
{
    private static readonly string Malformed = FormatErrors.Malformed.Code;
    private static readonly string Place = FormatErrors.TensorPlace.Code;

    [Fact]
    public void A_model_is_read_with_what_it_takes_and_gives()
    {
        byte[] file = TfLiteBytes.Good;
        Assert.True(TfLiteReader.TryRead(
            ModelFile.Of("m", file), out TfLiteModel? model, out Finding? finding), finding?.ToString());
        Assert.NotNull(model);
        TfLiteValue input = Assert.Single(model.Inputs);
        Assert.Equal(("x", "FP32"), (input.Name, input.Datatype));
        Assert.Equal([-1L, 4], input.Shape.AsEnumerable());
        Assert.Equal([-1L, 3], Assert.Single(model.Outputs).Shape.AsEnumerable());
        Assert.Equal(1, model.OperatorCount);
        Assert.Equal(15, model.Constants.Sum(static one => one.Elements));
        TensorSpan weights = Assert.Single(model.Map().Spans, static span => span.Name == "W");
        Assert.Equal((ElementKind.Int8, 12L), (weights.Element, weights.Bytes));
        Assert.Equal(
            Enumerable.Range(0, 12), file.AsSpan((int)weights.Offset, 12).ToArray().Select(static value => (int)value));
        Assert.Equal(0, weights.Offset % 16);
    }

    [Fact]
    public void Weights_behind_the_structure_are_read_and_bounded()
    {
        static FlatTableSpec[] Buffers(ulong offset, ulong bytes) =>
            [new(), new((1, offset), (2, bytes)), TfLiteBytes.Buffer(new byte[12])];
        int structure = TfLiteBytes.Model(buffers: Buffers(4096, 12)).Length;
        Assert.InRange(structure, 0, 4096);
        byte[] With(ulong offset, ulong bytes) =>
            [.. TfLiteBytes.Model(buffers: Buffers(offset, bytes)), .. new byte[4096 - structure + 12]];

        Assert.Null(RefusedOrNull(With(4096, 12)));
        Assert.Equal(Place, RefusedOrNull(With(4096, 13)));
        Assert.Equal(Place, RefusedOrNull(With(4097, ulong.MaxValue)));
        Assert.Equal(Place, RefusedOrNull(With(4096, 11))); // another length than the shape asks for
        Assert.Equal(Place, RefusedOrNull(With(40, 12))); // on top of the structure
        Assert.Equal(Malformed, RefusedOrNull(TfLiteBytes.Model(buffers:
            [new(), new((0, new byte[12]), (1, 64UL), (2, 12UL)), TfLiteBytes.Buffer(new byte[12])])));
    }

    [Fact]
    public void A_buffer_is_as_long_as_each_tensor_of_it_asks_for()
    {
        FlatTableSpec[] tensors = TfLiteBytes.Tensors();
        tensors[2] = TfLiteBytes.Tensor("b", TfLiteBytes.Int8, [12], 1); // another view of the same bytes
        Assert.Null(RefusedOrNull(WithTensors(tensors)));
        tensors[2] = TfLiteBytes.Tensor("b", TfLiteBytes.Float32, [4], 1);
        Assert.Equal(Place, RefusedOrNull(WithTensors(tensors)));
        tensors[2] = TfLiteBytes.Tensor("b", TfLiteBytes.Float32, [3], 9);
        Assert.Equal(Malformed, RefusedOrNull(WithTensors(tensors)));
        tensors[2] = TfLiteBytes.Tensor("b", TfLiteBytes.Float32, [-3], 2);
        Assert.Equal(Malformed, RefusedOrNull(WithTensors(tensors)));
        tensors[2] = TfLiteBytes.Tensor("b", TfLiteBytes.Float32, [1 << 30, 1 << 30], 2);
        Assert.Equal(FormatErrors.Limit.Code, RefusedOrNull(WithTensors(tensors)));
        tensors[2] = TfLiteBytes.Tensor("b", 99, [3], 2);
        Assert.Equal(FormatErrors.Version.Code, RefusedOrNull(WithTensors(tensors)));
        tensors[2] = TfLiteBytes.Tensor("b", TfLiteBytes.Float32, [3], 2, (4, TfLiteBytes.Scales([1f, 2f], axis: 0)));
        Assert.Equal(Malformed, RefusedOrNull(WithTensors(tensors)));
        Assert.Equal(Malformed, RefusedOrNull(TfLiteBytes.Model(buffers:
            [TfLiteBytes.Buffer(1, 2, 3, 4), TfLiteBytes.Buffer(new byte[12]), TfLiteBytes.Buffer(new byte[12])])));
    }

    [Theory]
    [InlineData("01000000" + "0C000000" + "0F000000" + "616263", null)]
    [InlineData("01000000" + "0C000000" + "10000000" + "616263", "KEDGE-CONTENT-032")] // ends behind the buffer
    [InlineData("01000000" + "04000000" + "0F000000" + "616263", "KEDGE-CONTENT-032")] // begins within the table
    [InlineData("02000000" + "0C000000" + "0F000000" + "616263", "KEDGE-CONTENT-032")]
    [InlineData("FFFFFF7F" + "0C000000" + "0F000000" + "616263", "KEDGE-CONTENT-032")]
    [InlineData("0100", "KEDGE-CONTENT-032")]
    public void Texts_of_a_constant_add_up(string hex, string? code)
    {
        FlatTableSpec[] tensors = TfLiteBytes.Tensors();
        tensors[2] = TfLiteBytes.Tensor("b", TfLiteBytes.Text, [1], 2);
        byte[] file = TfLiteBytes.Model(
            graphs: [TfLiteBytes.Graph(tensors)],
            buffers: [new(), TfLiteBytes.Buffer(new byte[12]), TfLiteBytes.Buffer(Convert.FromHexString(hex))]);
        Assert.Equal(code, RefusedOrNull(file));
    }

    [Theory]
    [InlineData(32, "FlexMatMul", "KEDGE-CONTENT-033")]
    [InlineData(32, "", "KEDGE-CONTENT-033")]
    [InlineData(32, "TFLite_Detection_PostProcess", null)]
    [InlineData(51, "", "KEDGE-CONTENT-033")] // what a delegate leaves behind
    [InlineData(173, "", "KEDGE-CONTENT-033")] // STABLEHLO_CUSTOM_CALL
    [InlineData(int.MaxValue, "", "KEDGE-CONTENT-033")]
    [InlineData(150, "", null)] // GELU, beyond the old byte
    public void Operators_are_those_that_the_runtime_brings_along(int code, string custom, string? refusal) =>
        Assert.Equal(refusal, RefusedOrNull(TfLiteBytes.Model(codes: [TfLiteBytes.Code(code, custom)])));

    [Fact]
    public void Indices_name_what_is_there()
    {
        Assert.Equal(Malformed, RefusedOrNull(WithOperators(TfLiteBytes.Operator(1, [0, 1, 2], [3]))));
        Assert.Equal(Malformed, RefusedOrNull(WithOperators(TfLiteBytes.Operator(0, [0, 1, 4], [3]))));
        Assert.Equal(Malformed, RefusedOrNull(WithOperators(TfLiteBytes.Operator(0, [0, 1, -2], [3]))));
        Assert.Null(RefusedOrNull(WithOperators(TfLiteBytes.Operator(0, [0, 1, -1], [3]))));
        Assert.Equal(Malformed, RefusedOrNull(TfLiteBytes.Model(graphs: [TfLiteBytes.Graph(inputs: [-1])])));
        Assert.Equal(Malformed, RefusedOrNull(TfLiteBytes.Model(graphs: [TfLiteBytes.Graph(outputs: [4])])));
        FlatTableSpec signature = new((0, new FlatTableSpec[] { new((0, "x"), (1, 9u)) }), (2, "serving_default"));
        Assert.Equal(Malformed, RefusedOrNull(TfLiteBytes.Model(more: (7, new[] { signature }))));
        Assert.Equal(Malformed, RefusedOrNull(TfLiteBytes.Model(more: (5, new[] { 3 }))));
    }

    [Fact]
    public void Subgraphs_call_those_that_are_there_and_not_in_circles()
    {
        const int While = 119;
        static byte[] Calls(int condition, int body)
        {
            FlatTableSpec options = new((0, condition), (1, body));
            FlatTableSpec loop = TfLiteBytes.Operator(0, [0], [3], (3, (byte)93), (4, options));
            return TfLiteBytes.Model(
                codes: [TfLiteBytes.Code(While)],
                graphs:
                [
                    TfLiteBytes.Graph(operators: [loop]),
                    TfLiteBytes.Graph(operators: []),
                    TfLiteBytes.Graph(operators: []),
                ]);
        }

        Assert.Null(RefusedOrNull(Calls(1, 2)));
        Assert.Equal(Malformed, RefusedOrNull(Calls(1, 3)));
        Assert.Equal(Malformed, RefusedOrNull(Calls(1, -1)));
        Assert.Equal(Malformed, RefusedOrNull(Calls(0, 1)));
    }

    [Fact]
    public void Parts_that_take_data_from_other_files_are_refused()
    {
        FlatTableSpec[] groups = [new((0, "weights.bin"))];
        Assert.Equal(ContentErrors.ExternalData.Code, RefusedOrNull(TfLiteBytes.Model(more: (8, groups))));
        FlatTableSpec[] tensors = TfLiteBytes.Tensors();
        tensors[1] = TfLiteBytes.Tensor("W", TfLiteBytes.Float32, [3, 4], 0, (10, 0x80000000u));
        Assert.Equal(ContentErrors.ExternalData.Code, RefusedOrNull(WithTensors(tensors)));
    }

    [Fact]
    public void One_part_that_many_others_name_is_read_within_bounds()
    {
        FlatTableSpec tensor = TfLiteBytes.Tensor(new string('n', 4096), TfLiteBytes.Float32, [3], 2);
        FlatTableSpec[] many = [.. Enumerable.Repeat(tensor, 10_000)];
        Assert.Equal(FormatErrors.Limit.Code, RefusedOrNull(WithTensors(many)));
    }

    [Fact]
    public void Another_schema_is_refused()
    {
        FlatTableSpec root = new((0, 2u));
        Assert.Equal(FormatErrors.Version.Code, RefusedOrNull(FlatBytes.Write("TFL3", root)));
    }

    [Fact]
    public void Every_prefix_of_a_model_is_refused_or_read_but_never_throws()
    {
        for (int length = 0; length < TfLiteBytes.Good.Length; length++)
        {
            _ = RefusedOrNull(TfLiteBytes.Good[..length]);
        }
    }

    [Fact]
    public void Every_offset_may_be_anything()
    {
        // Every four bytes of the structure in turn: behind the end, at the very end, to itself, far back.
        for (int at = 0; at + 4 <= TfLiteBytes.Good.Length; at += 2)
        {
            foreach (uint value in new[] { uint.MaxValue, 0x7FFFFFFFu, 0x80000000u, 0u, (uint)TfLiteBytes.Good.Length })
            {
                byte[] file = [.. TfLiteBytes.Good];
                BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(at), value);
                _ = RefusedOrNull(file);
            }
        }
    }

    private static byte[] WithTensors(FlatTableSpec[] tensors) =>
        TfLiteBytes.Model(graphs: [TfLiteBytes.Graph(tensors)]);

    private static byte[] WithOperators(FlatTableSpec one) =>
        TfLiteBytes.Model(graphs: [TfLiteBytes.Graph(operators: [one])]);

    private static string? RefusedOrNull(byte[] file)
    {
        bool read = TfLiteReader.TryRead(ModelFile.Of("m", file), out TfLiteModel? model, out Finding? finding);
        Assert.Equal(read, model is not null);
        return finding?.Code;
    }
}
