using System.Numerics;
using System.Runtime.InteropServices;

namespace Kedge.Bench.Content;

/// <summary>
/// The two loops that training spends its time in. Lengths are multiples of the widest vector or have a rest.
/// </summary>
internal static class VectorLoops
{
    /// <summary>The sum of products of two spans of one length.</summary>
    public static float Dot(ReadOnlySpan<float> one, ReadOnlySpan<float> other)
    {
        ReadOnlySpan<Vector<float>> left = MemoryMarshal.Cast<float, Vector<float>>(one);
        ReadOnlySpan<Vector<float>> right = MemoryMarshal.Cast<float, Vector<float>>(other)[..left.Length];
        Vector<float> sum = Vector<float>.Zero;
        for (int index = 0; index < left.Length; index++)
        {
            sum += left[index] * right[index];
        }

        float total = Vector.Sum(sum);
        for (int rest = left.Length * Vector<float>.Count; rest < one.Length; rest++)
        {
            total += one[rest] * other[rest];
        }

        return total;
    }

    /// <summary>
    /// One row of one layer after one sample: adds its share to the errors below, then moves its weights by momentum
    /// against the gradient.
    /// </summary>
    /// <param name="row">Weights and their speeds, of one length.</param>
    /// <param name="values">What went in.</param>
    /// <param name="below">Errors of what went in, added to.</param>
    /// <param name="error">The error of what came out.</param>
    /// <param name="steps">Momentum, and step width.</param>
    public static void Step(
        (Memory<float> Weights, Memory<float> Speeds) row, ReadOnlySpan<float> values, Span<float> below, float error,
        (float Momentum, float Rate) steps)
    {
        Span<float> weights = row.Weights.Span;
        Span<float> speeds = row.Speeds.Span;
        Span<Vector<float>> w = MemoryMarshal.Cast<float, Vector<float>>(weights);
        Span<Vector<float>> v = MemoryMarshal.Cast<float, Vector<float>>(speeds)[..w.Length];
        ReadOnlySpan<Vector<float>> x = MemoryMarshal.Cast<float, Vector<float>>(values)[..w.Length];
        Span<Vector<float>> e = MemoryMarshal.Cast<float, Vector<float>>(below)[..w.Length];
        float push = -steps.Rate * error;
        for (int index = 0; index < w.Length; index++)
        {
            e[index] += w[index] * error;
            Vector<float> speed = (v[index] * steps.Momentum) + (x[index] * push);
            v[index] = speed;
            w[index] += speed;
        }

        for (int rest = w.Length * Vector<float>.Count; rest < weights.Length; rest++)
        {
            below[rest] += weights[rest] * error;
            speeds[rest] = (speeds[rest] * steps.Momentum) + (values[rest] * push);
            weights[rest] += speeds[rest];
        }
    }
}
