using Kedge.Inference.Golden;
using Kedge.Inference.Tensors;

namespace Kedge.Inference.Tests.Golden;

public sealed class LossTests
{
    [Fact]
    public void Errors_and_decisions_are_added_up_over_samples_and_outputs()
    {
        LossMeter meter = new();
        meter.Add(
            new GoldenSample([], [Labels(1, 0), Scores(0, 4, 2, 0)]),
            [Scores(1, 3, 2, 1), Labels(1, 0)],
            [Scores(1, 2.5f, 0.5f, 1), Labels(1, 1)]);
        LossReport report = meter.Report;
        Assert.Equal(1, report.Samples);
        Assert.Equal(1.5, report.ErrorMax);
        Assert.Equal(0.5, report.ErrorMean);
        Assert.Equal(2 / 7.0, report.ErrorRelative, 12);

        // Of two rows and two labels, the second row and the second label are others.
        Assert.Equal((4, 2), (report.Decisions, report.DecisionsSame));
        Assert.Equal(0.5, report.Agreement);

        // What is expected is one row and one label that came out, and one of each that did not.
        Assert.Equal((4, 2), (report.Answers, report.AnswersRight));
        Assert.Equal(1.5, report.ExpectedErrorMax);
        Assert.Equal(0, report.SamplesExact);
    }

    [Fact]
    public void Of_two_equal_scores_either_is_right()
    {
        LossMeter meter = new();
        meter.Add(new GoldenSample([], []), [Scores(2, 2, 0, 1)], [Scores(2, 1.9f, 0, 1)]);
        meter.Add(new GoldenSample([], []), [Scores(2, 2, 0, 1)], [Scores(1.9f, 2, 0, 1)]);
        Assert.Equal(1, meter.Report.Agreement);
        Assert.Equal(2, meter.Report.SamplesExact);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void A_number_that_became_none_is_an_endless_error(float broken)
    {
        LossMeter meter = new();
        meter.Add(new GoldenSample([], []), [Scores(1, 2, 3, 4)], [Scores(1, 2, 3, broken)]);
        Assert.True(double.IsPositiveInfinity(meter.Report.ErrorMax));
        Assert.NotNull(new LossBound().Excess(meter.Report, meter.Report, expectsAnswers: false));
    }

    [Fact]
    public void Another_shape_or_type_agrees_in_nothing()
    {
        LossMeter meter = new();
        meter.Add(
            new GoldenSample([], [Labels(1, 2)]),
            [Scores(1, 2, 3, 4), Labels(1, 2)],
            [Tensor.Of<float>("scores", TensorType.Float32, [1, 4], [1f, 2, 3, 4]), Scores(1, 2, 3, 4)]);
        Assert.Equal(0, meter.Report.Agreement);
        Assert.Equal(0, meter.Report.Accuracy);
        Assert.True(double.IsPositiveInfinity(meter.Report.ErrorMax));
    }

    [Theory]
    [InlineData("1%", 0.01, null, null, null, null)]
    [InlineData("0.02", 0.02, null, null, null, null)]
    [InlineData("top1=1%,abs=5,rel=200%", null, 0.01, null, 5.0, 2.0)]
    [InlineData("3%, accuracy=0", 0.03, null, 0.0, null, null)]
    public void A_bound_is_one_share_or_a_list_of_figures(
        string text, double? share, double? top1, double? accuracy, double? absolute, double? relative)
    {
        Assert.True(LossBound.TryParse(text, out LossBound? bound));
        Assert.Equal(
            new LossBound
            {
                Share = share, Top1 = top1, Accuracy = accuracy, Absolute = absolute, Relative = relative,
            },
            bound);
    }

    [Theory]
    [InlineData("")]
    [InlineData("much")]
    [InlineData("-1%")]
    [InlineData("101%")]
    [InlineData("1%,2%")]
    [InlineData("top1=1%,top1=2%")]
    [InlineData("top5=1%")]
    [InlineData("abs=Infinity")]
    [InlineData("abs=")]
    public void A_bound_that_makes_no_sense_is_not_read(string text) =>
        Assert.False(LossBound.TryParse(text, out _));

    [Fact]
    public void One_share_bounds_the_figure_that_the_model_calls_for()
    {
        LossReport original = Report(decisions: 100, same: 100, right: 96);
        LossReport worse = Report(decisions: 100, same: 90, right: 95);
        LossBound one = new() { Share = 0.01 };
        Assert.Null(one.Excess(original, worse, expectsAnswers: true));
        Assert.Equal(
            "2.00 % of accuracy is lost, 1.00 % are allowed",
            one.Excess(original, worse with { AnswersRight = 94 }, expectsAnswers: true));
        Assert.Equal(
            "10.00 % of decisions are others, 1.00 % are allowed", one.Excess(original, worse, expectsAnswers: false));
        LossReport numbers = Report(decisions: 0, same: 0, right: 0) with { Answers = 0, ErrorRelative = 0.02 };
        Assert.Equal(
            "2.00 % is the mean error, 1.00 % are allowed", one.Excess(numbers, numbers, expectsAnswers: true));
    }

    [Fact]
    public void Each_figure_can_be_bounded_by_itself()
    {
        LossReport original = Report(decisions: 100, same: 100, right: 96);
        LossReport worse = Report(decisions: 100, same: 99, right: 95) with { ErrorMax = 0.5, ErrorRelative = 0.1 };
        Assert.Null(new LossBound { Top1 = 0.01, Accuracy = 0.01, Absolute = 0.5, Relative = 0.1 }
            .Excess(original, worse, expectsAnswers: true));
        Assert.NotNull(new LossBound { Top1 = 0 }.Excess(original, worse, expectsAnswers: true));
        Assert.NotNull(new LossBound { Accuracy = 0 }.Excess(original, worse, expectsAnswers: true));
        Assert.NotNull(new LossBound { Relative = 0.05 }.Excess(original, worse, expectsAnswers: true));
        Assert.Equal(
            "an output is off by 0.5, 0.25 are allowed",
            new LossBound { Absolute = 0.25 }.Excess(original, worse, expectsAnswers: true));
    }

    private static LossReport Report(int decisions, int same, int right) => new()
    {
        Samples = 100,
        ErrorMax = 0,
        ErrorMean = 0,
        ErrorRelative = 0,
        Decisions = decisions,
        DecisionsSame = same,
        Answers = 100,
        AnswersRight = right,
        ExpectedErrorMax = 0,
        SamplesExact = 0,
    };

    private static Tensor Scores(params float[] values) =>
        Tensor.Of<float>("scores", TensorType.Float32, [2, 2], values);

    private static Tensor Labels(params long[] values) => Tensor.Of<long>("labels", TensorType.Int64, [2], values);
}
