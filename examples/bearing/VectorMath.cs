using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Kedge.Examples.Bearing;

/// <summary>The two loops that training spends its time in. Eight lanes on every machine and no fused multiply-add, so
/// that every machine computes the same sums.</summary>
internal static class VectorMath
{
    /// <summary>The sum of products of two spans of one length.</summary>
    public static float Dot(ReadOnlySpan<float> one, ReadOnlySpan<float> other)
    {
        ReadOnlySpan<Vector256<float>> left = MemoryMarshal.Cast<float, Vector256<float>>(one);
        ReadOnlySpan<Vector256<float>> right = MemoryMarshal.Cast<float, Vector256<float>>(other)[..left.Length];
        Vector256<float> even = Vector256<float>.Zero;
        Vector256<float> odd = Vector256<float>.Zero;
        int index = 0;
        for (; index + 1 < left.Length; index += 2)
        {
            even += left[index] * right[index];
            odd += left[index + 1] * right[index + 1];
        }

        if (index < left.Length)
        {
            even += left[index] * right[index];
        }

        float sum = Vector256.Sum(even + odd);
        for (int rest = left.Length * 8; rest < one.Length; rest++)
        {
            sum += one[rest] * other[rest];
        }

        return sum;
    }

    /// <summary>Adds <paramref name="factor"/> times a span to another of the same length.</summary>
    public static void AddScaled(Span<float> target, float factor, ReadOnlySpan<float> source)
    {
        Span<Vector256<float>> to = MemoryMarshal.Cast<float, Vector256<float>>(target);
        ReadOnlySpan<Vector256<float>> from = MemoryMarshal.Cast<float, Vector256<float>>(source)[..to.Length];
        Vector256<float> scale = Vector256.Create(factor);
        for (int index = 0; index < to.Length; index++)
        {
            to[index] += scale * from[index];
        }

        for (int rest = to.Length * 8; rest < target.Length; rest++)
        {
            target[rest] += factor * source[rest];
        }
    }
}
