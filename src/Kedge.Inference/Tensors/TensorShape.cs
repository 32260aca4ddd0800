using System.Globalization;
using System.Text;

namespace Kedge.Inference.Tensors;

/// <summary>Arithmetic on shapes that come from outside.</summary>
public static class TensorShape
{
    /// <summary>
    /// The number of elements: the product of the dimensions, 1 for none. False for a negative dimension, too many of
    /// them, or a product above <see cref="InferenceLimits.TensorBytesMax"/>.
    /// </summary>
    public static bool TryCount(ReadOnlySpan<long> shape, out long count)
    {
        count = 1;
        if (shape.Length > InferenceLimits.RankMax)
        {
            return false;
        }

        bool empty = false;
        foreach (long dimension in shape)
        {
            if (dimension < 0)
            {
                return false;
            }

            empty |= dimension == 0;
        }

        if (empty)
        {
            count = 0;
            return true;
        }

        foreach (long dimension in shape)
        {
            if (dimension > InferenceLimits.TensorBytesMax / count)
            {
                return false;
            }

            count *= dimension;
        }

        return true;
    }

    /// <summary>
    /// True when a declared shape takes this one: same rank, and equal wherever the declared one is not -1.
    /// </summary>
    public static bool Accepts(ReadOnlySpan<long> declared, ReadOnlySpan<long> shape)
    {
        if (declared.Length != shape.Length)
        {
            return false;
        }

        for (int i = 0; i < shape.Length; i++)
        {
            if (declared[i] >= 0 && declared[i] != shape[i])
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>For people: <c>[1,3,-1]</c>.</summary>
    public static string Describe(ReadOnlySpan<long> shape)
    {
        StringBuilder text = new("[");
        for (int i = 0; i < shape.Length; i++)
        {
            text.Append(i > 0 ? "," : "").Append(CultureInfo.InvariantCulture, $"{shape[i]}");
        }

        return text.Append(']').ToString();
    }
}
