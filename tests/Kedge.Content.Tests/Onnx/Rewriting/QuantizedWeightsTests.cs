using System.Collections.Immutable;
using Kedge.Content.Gate;
using Kedge.Content.Tests.Support;
using Kedge.Onnx;
using Kedge.Onnx.Rewriting;

namespace Kedge.Content.Tests.Onnx.Rewriting;

/// <summary>
/// Each rewriting beside what it was made of, on the bare runtime. The bounds follow from the scales: a weight moves by
/// at most half of its channel's scale, an activation by at most its tensor's.
/// </summary>
public sealed class QuantizedWeightsTests
{
    private static readonly int[] Opsets = [11, 13, 17, 21];

    [Fact]
    public void Products_of_any_shape_stay_within_the_bound_of_their_scales()
    {
        for (int seed = 0; seed < 60; seed++)
        {
            Random random = new(seed);
            Product product = Product.Draw(random, large: seed % 3 != 0);
            byte[] model = product.Model(Opsets[seed % Opsets.Length], random);
            RewriteOutcome.Rewritten rewritten =
                Assert.IsType<RewriteOutcome.Rewritten>(QuantizedWeights.Rewrite(model));
            bool computes = product.Depth * product.Columns >= OnnxLimits.IntegerProductElementsMin;
            Assert.Equal(
                computes ? WeightTreatment.ComputedInt8 : WeightTreatment.StoredInt8,
                rewritten.Weights.Single().Treatment);
            GateOutcome.Accepted accepted =
                Assert.IsType<GateOutcome.Accepted>(ModelGate.Inspect("m.onnx", rewritten.File));
            Assert.Equal("int8", accepted.Precision);
            float[] x = Runtime.Numbers(random, product.Rows * product.Depth, random.NextDouble() * 4);
            long[] shape = product.IsTransposedA ? [product.Depth, product.Rows] : [product.Rows, product.Depth];
            float[] before = Runtime.Run(model, (shape, x))["y"];
            float[] after = Runtime.Run(rewritten.File, (shape, x))["y"];
            product.Check(x, before, after, computes);
        }
    }

    [Fact]
    public void Convolutions_of_any_shape_stay_within_the_bound_of_their_scales()
    {
        for (int seed = 0; seed < 40; seed++)
        {
            Random random = new(seed);
            int groups = random.Next(3) switch { 0 => 4, 1 => 2, _ => 1 };
            bool isTransposed = seed % 4 == 3;
            int axes = random.Next(1, 3);
            int kernel = random.Next(1, 4);
            int inputs = groups * random.Next(4, 9);
            int outputs = groups * random.Next(16, 40);
            ImmutableArray<long> spatial = [.. Enumerable.Repeat((long)kernel, axes)];
            ImmutableArray<long> dims = isTransposed
                ? [inputs, outputs / groups, .. spatial]
                : [outputs, inputs / groups, .. spatial];
            int elements = (int)dims.Aggregate(1L, static (product, extent) => product * extent);
            if (elements < OnnxLimits.NarrowedElementsMin)
            {
                continue;
            }

            float[] weights = Runtime.Numbers(random, elements);
            bool hasBias = random.Next(2) == 0;
            byte[] model = OnnxWriter.Write(new OnnxGraphSpec
            {
                Name = "convolution",
                IrVersion = 10,
                Opsets = [new OnnxOpset("", Opsets[seed % Opsets.Length])],
                Inputs = [OnnxValue.Tensor("x", OnnxElementType.Float, [-1, inputs, .. spatial.Select(_ => -1L)])],
                Outputs = [OnnxValue.Tensor("y", OnnxElementType.Float, [-1, -1, .. spatial.Select(_ => -1L)])],
                Initializers =
                [
                    OnnxTensor.Of("W", dims, weights), OnnxTensor.Of("b", [outputs], Runtime.Numbers(random, outputs)),
                ],
                Nodes =
                [
                    new OnnxNodeSpec(
                        isTransposed ? "ConvTranspose" : "Conv", hasBias ? ["x", "W", "b"] : ["x", "W"], ["y"])
                    {
                        Attributes =
                        [
                            new OnnxAttribute.Int("group", groups),
                            new OnnxAttribute.Ints("strides", [.. spatial.Select(_ => 1 + (seed % 2L))]),
                        ],
                    },
                ],
            });
            RewriteOutcome.Rewritten rewritten =
                Assert.IsType<RewriteOutcome.Rewritten>(QuantizedWeights.Rewrite(model));
            Assert.Equal(WeightTreatment.StoredInt8, rewritten.Weights.Single().Treatment);
            long[] shape = [2, inputs, .. spatial.Select(_ => 7L)];
            float[] x = Runtime.Numbers(random, (int)shape.Aggregate(1L, static (product, extent) => product * extent));

            // Each output sums up at most all inputs of a group under the kernel.
            double scale = weights.Max(Math.Abs) / 127;
            double terms = Math.Max(inputs, outputs) / groups * Math.Pow(kernel, axes);
            EditableModelTests.Near(
                Runtime.Run(model, (shape, x))["y"],
                Runtime.Run(rewritten.File, (shape, x))["y"],
                (terms * x.Max(Math.Abs) * scale / 2) + 1e-4);
        }
    }

    [Fact]
    public void A_weight_of_two_products_is_stored_once_and_activations_are_quantised_once()
    {
        Random random = new(4);
        float[] weights = Runtime.Numbers(random, 128 * 128);
        byte[] model = OnnxWriter.Write(Shared(weights, "MatMul", "MatMul"));
        byte[] file = Assert.IsType<RewriteOutcome.Rewritten>(QuantizedWeights.Rewrite(model)).File;
        Assert.True(OnnxReader.TryRead(file, out OnnxModel? read, out _));
        Assert.Equal(1, read!.Operators.Single(static use => use.OpType == "DynamicQuantizeLinear").Count);
        Assert.Equal(2, read.Operators.Single(static use => use.OpType == "MatMulInteger").Count);
        Assert.Single(read.Initializers, static initializer => initializer.ElementType == OnnxElementType.Int8);
        Compare(model, file, weights, random);
    }

    [Fact]
    public void A_weight_that_something_else_takes_as_well_is_stored_in_8_bits_and_computed_in_32()
    {
        Random random = new(4);
        float[] weights = Runtime.Numbers(random, 128 * 128);
        byte[] model = OnnxWriter.Write(Shared(weights, "MatMul", "Add"));
        RewriteOutcome.Rewritten rewritten = Assert.IsType<RewriteOutcome.Rewritten>(QuantizedWeights.Rewrite(model));
        Assert.Equal(WeightTreatment.StoredInt8, rewritten.Weights.Single().Treatment);
        Compare(model, rewritten.File, weights, random);
    }

    [Theory]
    [InlineData(7, WeightTreatment.StoredInt8)]
    [InlineData(10, WeightTreatment.StoredInt8)]
    [InlineData(11, WeightTreatment.ComputedInt8)]
    public void Before_version_11_of_the_operators_weights_are_stored_only(int opset, WeightTreatment treatment)
    {
        Random random = new(4);
        float[] weights = Runtime.Numbers(random, 128 * 128);
        OnnxGraphSpec spec = Shared(weights, "MatMul", "MatMul") with { Opsets = [new OnnxOpset("", opset)] };
        byte[] model = OnnxWriter.Write(spec);
        RewriteOutcome.Rewritten rewritten = Assert.IsType<RewriteOutcome.Rewritten>(QuantizedWeights.Rewrite(model));
        Assert.Equal(treatment, rewritten.Weights.Single().Treatment);
        Compare(model, rewritten.File, weights, random);
    }

    [Fact]
    public void Tables_that_are_looked_up_and_outputs_are_left_alone()
    {
        float[] weights = Runtime.Numbers(new Random(1), 128 * 128);
        byte[] lookup = OnnxWriter.Write(new OnnxGraphSpec
        {
            Name = "lookup",
            Inputs = [OnnxValue.Tensor("index", OnnxElementType.Int64, -1)],
            Outputs = [OnnxValue.Tensor("y", OnnxElementType.Float, -1, 128)],
            Initializers = [OnnxTensor.Of("W", [128, 128], weights)],
            Nodes = [new OnnxNodeSpec("Gather", ["W", "index"], ["y"])],
        });
        Assert.IsType<RewriteOutcome.Refused>(QuantizedWeights.Rewrite(lookup));
        byte[] shown = OnnxWriter.Write(Shared(weights, "MatMul", "MatMul") with
        {
            Outputs =
            [
                OnnxValue.Tensor("y", OnnxElementType.Float, -1, 128),
                OnnxValue.Tensor("W", OnnxElementType.Float, 128, 128),
            ],
        });
        RewriteOutcome.Refused refused = Assert.IsType<RewriteOutcome.Refused>(QuantizedWeights.Rewrite(shown));
        Assert.Contains("it is an output", refused.Finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_operator_that_the_model_brings_along_under_a_known_name_is_left_alone()
    {
        byte[] model = OnnxWriter.Write(Shared(Runtime.Numbers(new Random(1), 128 * 128), "MatMul", "MatMul"));

        // A function of the model's own: field 25 with name (1), domain (10).
        byte[] function = [0x0A, 6, .. "MatMul"u8, 0x52, 7, .. "ai.onnx"u8];
        byte[] own = [.. model, 0xCA, 0x01, (byte)function.Length, .. function];
        RewriteOutcome.Refused refused = Assert.IsType<RewriteOutcome.Refused>(QuantizedWeights.Rewrite(own));
        Assert.Contains("no matrix product", refused.Finding.Message, StringComparison.Ordinal);
    }

    /// <summary>
    /// Weights of alternating sign and full size, and activations of full size, would pass 16 bits in pairs.
    /// </summary>
    [Fact]
    public void Neighbours_of_full_size_do_not_pass_16_bits()
    {
        float[] weights = [.. Enumerable.Repeat(1f, 128 * 128)];
        byte[] model = OnnxWriter.Write(Shared(weights, "MatMul", "MatMul"));
        byte[] file = Assert.IsType<RewriteOutcome.Rewritten>(QuantizedWeights.Rewrite(model)).File;
        Assert.True(OnnxReader.TryRead(file, out OnnxModel? read, out _));
        OnnxInitializer stored = read!.Initializers.Single(static one => one.ElementType == OnnxElementType.Int8);
        ReadOnlySpan<byte> raw = file.AsSpan((int)stored.RawOffset, (int)stored.Bytes);
        for (int row = 0; row < 128; row += 2)
        {
            int pair = (sbyte)raw[row * 128] + (sbyte)raw[(row + 1) * 128];
            Assert.InRange(pair, 126, 128);
        }

        float[] x = [.. Enumerable.Repeat(1f, 2 * 128)];
        Assert.All(Runtime.Run(file, ([2, 128], x))["y"], static y => Assert.InRange(y, 253, 259));
    }

    [Fact]
    public void Channels_of_zeros_and_of_next_to_nothing_become_zeros()
    {
        float[] weights = new float[128 * 128];
        for (int row = 0; row < 128; row++)
        {
            weights[row * 128] = 1e-40f;
            weights[(row * 128) + 1] = 0.5f;
        }

        byte[] model = OnnxWriter.Write(Shared(weights, "MatMul", "MatMul"));
        byte[] file = Assert.IsType<RewriteOutcome.Rewritten>(QuantizedWeights.Rewrite(model)).File;
        float[] y = Runtime.Run(file, ([1, 128], [.. Enumerable.Repeat(1f, 128)]))["y"];
        Assert.Equal(0, y[0]);
        Assert.InRange(y[1], 126, 130);
        Assert.Equal(0, y[2]);
    }

    private static void Compare(byte[] model, byte[] file, float[] weights, Random random)
    {
        float[] x = Runtime.Numbers(random, 2 * 128);
        double scale = 2 * weights.Max(Math.Abs) / 127;
        double step = (x.Max() - x.Min()) / 255;
        double most = 128 * ((x.Max(Math.Abs) * scale / 2) + (weights.Max(Math.Abs) * step));
        EditableModelTests.Near(
            Runtime.Run(model, ([2, 128], x))["y"], Runtime.Run(file, ([2, 128], x))["y"], 2 * most);
    }

    /// <summary>y = first(x, W) + second(x, W), x of [-1, 128].</summary>
    private static OnnxGraphSpec Shared(float[] weights, string first, string second) => new()
    {
        Name = "shared",
        Inputs = [OnnxValue.Tensor("x", OnnxElementType.Float, -1, 128)],
        Outputs = [OnnxValue.Tensor("y", OnnxElementType.Float, -1, 128)],
        Initializers =
        [
            OnnxTensor.Of("W", [128, 128], weights), OnnxTensor.Of("start", [2], [0L, 0]),
            OnnxTensor.Of("end", [2], [1L, 128]),
        ],
        Nodes = second == "Add"
            ? [
                new OnnxNodeSpec(first, ["x", "W"], ["one"]),
                new OnnxNodeSpec("Slice", ["W", "start", "end"], ["row"]),
                new OnnxNodeSpec("Add", ["one", "row"], ["y"]),
            ]
            : [
                new OnnxNodeSpec(first, ["x", "W"], ["one"]),
                new OnnxNodeSpec(second, ["x", "W"], ["two"]),
                new OnnxNodeSpec("Add", ["one", "two"], ["y"]),
            ],
    };

    /// <summary>A matrix product as a graph may write it.</summary>
    private sealed record Product(int Rows, int Depth, int Columns)
    {
        private float[] _weights = [];

        public bool IsGemm { get; init; }

        public bool IsTransposedA { get; init; }

        public bool IsTransposedB { get; init; }

        public float Alpha { get; init; } = 1;

        public float Beta { get; init; } = 1;

        /// <summary>Shape of the bias: 0 none, 1 of one element, 2 of the columns, 3 of rows and columns.</summary>
        public int Bias { get; init; }

        public static Product Draw(Random random, bool large)
        {
            int depth = large ? random.Next(120, 200) : random.Next(33, 60);
            int columns = large ? random.Next(140, 200) : random.Next(33, 60);
            bool isGemm = random.Next(3) > 0;
            return new Product(random.Next(1, 5), depth, columns)
            {
                IsGemm = isGemm,
                IsTransposedA = isGemm && random.Next(2) == 0,
                IsTransposedB = isGemm && random.Next(2) == 0,
                Alpha = random.Next(2) == 0 ? 1 : -0.75f,
                Beta = random.Next(3) switch { 0 => 1, 1 => 0, _ => 2.5f },
                Bias = isGemm ? random.Next(4) : 0,
            };
        }

        public byte[] Model(int opset, Random random)
        {
            _weights = Runtime.Numbers(random, Depth * Columns);
            ImmutableArray<long> dims = IsTransposedB ? [Columns, Depth] : [Depth, Columns];
            ImmutableArray<long> biasDims = Bias switch { 1 => [1], 2 => [Columns], 3 => [Rows, Columns], _ => [1] };
            float[] bias = Runtime.Numbers(random, (int)biasDims.Aggregate(1L, static (a, b) => a * b));
            OnnxNodeSpec node = IsGemm
                ? new OnnxNodeSpec("Gemm", Bias == 0 ? ["x", "W"] : ["x", "W", "b"], ["y"])
                {
                    Attributes =
                    [
                        new OnnxAttribute.Float("alpha", Alpha), new OnnxAttribute.Float("beta", Beta),
                        new OnnxAttribute.Int("transA", IsTransposedA ? 1 : 0),
                        new OnnxAttribute.Int("transB", IsTransposedB ? 1 : 0),
                    ],
                }
                : new OnnxNodeSpec("MatMul", ["x", "W"], ["y"]);
            return OnnxWriter.Write(new OnnxGraphSpec
            {
                Name = "product",
                IrVersion = 10,
                Opsets = [new OnnxOpset("", opset)],
                Inputs = [OnnxValue.Tensor("x", OnnxElementType.Float, -1, -1)],
                Outputs = [OnnxValue.Tensor("y", OnnxElementType.Float, -1, -1)],
                Initializers = [OnnxTensor.Of("W", dims, _weights), OnnxTensor.Of("b", biasDims, bias)],
                Nodes = [node],
            });
        }

        public void Check(float[] x, float[] before, float[] after, bool computes)
        {
            double step = computes ? (Math.Max(x.Max(), 0) - Math.Min(x.Min(), 0)) / 255 : 0;
            double alpha = IsGemm ? Math.Abs(Alpha) : 1;
            for (int row = 0; row < Rows; row++)
            {
                for (int column = 0; column < Columns; column++)
                {
                    double most = 1e-3;
                    double largest = Enumerable.Range(0, Depth).Max(at => Math.Abs(Weight(at, column)));
                    double scale = (computes ? 2 : 1) * largest / 127;
                    for (int at = 0; at < Depth; at++)
                    {
                        double one = Math.Abs(IsTransposedA ? x[(at * Rows) + row] : x[(row * Depth) + at]);
                        most += alpha * ((one * scale / 2) + ((Math.Abs(Weight(at, column)) + (scale / 2)) * step));
                    }

                    int index = (row * Columns) + column;
                    Assert.InRange(after[index] - before[index], -most, most);
                }
            }
        }

        private float Weight(int at, int column) =>
            IsTransposedB ? _weights[(column * Depth) + at] : _weights[(at * Columns) + column];
    }
}
