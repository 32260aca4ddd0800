using Kedge.Content.Formats;
using Kedge.Content.Tests.Support;

namespace Kedge.Content.Tests.Formats;

/// <summary>Where the tensors of a file are.</summary>
public class TensorMapTests
{
    [Fact]
    public void The_map_of_an_onnx_file_points_at_its_raw_bytes()
    {
        byte[] file = SampleModels.Bytes(SampleModels.Classifier);
        TensorMap map = OnnxTensorMap.Read(file);

        Assert.Equal(["W", "b"], map.Spans.Select(span => span.Name));
        Assert.All(map.Spans, span => Assert.Equal(ElementKind.Float32, span.Element));
        Assert.Equal([48L, 12L], map.Spans.Select(span => span.Bytes));
        Assert.Equal(11 / 12f, BitConverter.ToSingle(file, (int)map.Spans[0].End - 4));
        Assert.Equal(0.5f, BitConverter.ToSingle(file, (int)map.Spans[1].End - 4));
    }

    [Fact]
    public void A_file_that_is_no_onnx_file_has_an_empty_map()
    {
        Assert.Empty(OnnxTensorMap.Read([1, 2, 3]).Spans);
        Assert.Empty(OnnxTensorMap.Read([]).Spans);
    }

    [Fact]
    public void Spans_are_sorted_and_empty_ones_left_out()
    {
        Assert.True(TensorMap.TryCreate([Span("b", 8, 8), Span("none", 4, 0), Span("a", 0, 8)], 16, out TensorMap map));
        Assert.Equal(["a", "b"], map.Spans.Select(span => span.Name));
    }

    [Theory]
    [InlineData(0, 8, 7, 4)]
    [InlineData(0, 8, 9, 8)]
    [InlineData(-1, 4, 8, 4)]
    [InlineData(0, -4, 8, 4)]
    [InlineData(0, 4, long.MaxValue, 4)]
    [InlineData(0, 4, 8, long.MaxValue)]
    public void Spans_that_overlap_or_leave_the_file_make_no_map(long at, long bytes, long nextAt, long nextBytes)
    {
        Assert.False(TensorMap.TryCreate([Span("a", at, bytes), Span("b", nextAt, nextBytes)], 16, out TensorMap map));
        Assert.Empty(map.Spans);
    }

    [Fact]
    public void Every_kind_of_element_has_a_width_and_keeps_its_number()
    {
        foreach (ElementKind kind in Enum.GetValues<ElementKind>())
        {
            Assert.InRange(ElementKinds.Bytes(kind), 1, 8);
            Assert.Equal(kind, ElementKinds.FromNumber((int)kind));
        }

        Assert.Equal(ElementKind.Unknown, ElementKinds.FromNumber(11));
        Assert.Equal(ElementKind.Unknown, ElementKinds.FromNumber(-1));
    }

    private static TensorSpan Span(string name, long offset, long bytes) =>
        new(name, ElementKind.Float32, offset, bytes);
}
