using Kedge.Core.Measure;

namespace Kedge.Core.Tests.Measure;

public sealed class ProportionBoundsTests
{
    [Fact]
    public void The_true_share_leaves_the_bounds_no_more_often_than_stated_over_all_looks()
    {
        const double Alpha = 0.05;
        const int Runs = 2_000;
        int left = 0;
        for (int run = 0; run < Runs; run++)
        {
            Random random = new(run);
            double share = random.NextDouble() * 0.3;
            left += Leaves(random, share, Alpha) ? 1 : 0;
        }

        // The bound is 100; four standard deviations above it are 139.
        Assert.InRange(left, 1, 139);
    }

    [Theory]
    [InlineData(0, 0, 0, 1)]
    [InlineData(0, 100, 0, 0.0932056156)]
    [InlineData(100, 100, 0.9067943844, 1)]
    [InlineData(50, 100, 0.2926203595, 0.7073796405)]
    [InlineData(3, 1_000, 0.0000326200, 0.0190105488)]
    [InlineData(1_000_000, 2_000_000, 0.4981034392, 0.5018965608)]
    public void Bounds_are_those_of_the_formula_computed_elsewhere(long seen, long of, double lower, double upper)
    {
        Assert.Equal(lower, ProportionBounds.Lower(seen, of, 0.001), 8);
        Assert.Equal(upper, ProportionBounds.Upper(seen, of, 0.001), 8);
    }

    [Fact]
    public void More_of_the_same_closes_in_and_a_smaller_alpha_opens()
    {
        double before = 0;
        for (long of = 10; of < 1_000_000_000_000; of *= 10)
        {
            double lower = ProportionBounds.Lower(of / 5, of, 0.01);
            Assert.InRange(lower, before, 0.2);
            Assert.True(ProportionBounds.Lower(of / 5, of, 0.0001) < lower);
            before = lower;
        }

        Assert.InRange(before, 0.19999, 0.2);
    }

    [Theory]
    [InlineData(0.5, 0.57236494292470008)]
    [InlineData(1, 0)]
    [InlineData(2, 0)]
    [InlineData(10, 12.801827480081469)]
    [InlineData(100.5, 361.4355404677776)]
    public void The_gamma_function_is_the_one_of_the_tables(double x, double expected) =>
        Assert.Equal(expected, ProportionBounds.LogGamma(x), 9);

    private static bool Leaves(Random random, double share, double alpha)
    {
        long seen = 0;
        for (int of = 1; of <= 500; of++)
        {
            seen += random.NextDouble() < share ? 1 : 0;
            bool isLook = of < 50 || of % 25 == 0;
            if (isLook && (share < ProportionBounds.Lower(seen, of, alpha)
                || share > ProportionBounds.Upper(seen, of, alpha)))
            {
                return true;
            }
        }

        return false;
    }
}
