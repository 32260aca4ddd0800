using System.Numerics;
using System.Text;
using Kedge.Core;
using Kedge.Core.Errors;
using Kedge.Inference.Tensors;

namespace Kedge.Inference.Graphs.Steps;

/// <summary>
/// cast: numbers to another type. What does not fit becomes the nearest that does; fractions are cut off towards zero;
/// NaN becomes 0 where there is none; BOOL is 0 or 1, and everything but 0 is true.
/// </summary>
internal sealed class CastStep : GraphStep
{
    private static readonly TensorType[] Types =
    [
        TensorType.Bool, TensorType.UInt8, TensorType.UInt16, TensorType.UInt32, TensorType.UInt64, TensorType.Int8,
        TensorType.Int16, TensorType.Int32, TensorType.Int64, TensorType.Float16, TensorType.Float32,
        TensorType.Float64,
    ];

    internal static GraphStep? Make(StepDraft draft)
    {
        if (!draft.TryCounts(1, 1, 1))
        {
            return null;
        }

        draft.NeedType(0, Types);
        string word = draft.Text("to");
        TensorType to = TensorTypes.Parse(Encoding.UTF8.GetBytes(word));
        if (!Types.Contains(to))
        {
            draft.Fault($"must be one of {string.Join(", ", Types.Select(TensorTypes.Name))}.", "to");
        }

        draft.Declare(to, draft.Inputs[0].Shape, draft.Inputs[0].HasShape);
        return new CastStep { Name = draft.Spec.Name, Inputs = draft.Slots, Outputs = draft.Outputs };
    }

    internal override Finding? Run(GraphRun run)
    {
        Tensor from = In(run, 0);
        if (!TryStart(run, 0, from.Shape, out Tensor to))
        {
            return TooLarge(from.Shape);
        }

        switch (from.Type)
        {
            case TensorType.Bool or TensorType.UInt8:
                Cast<byte>(from, to);
                break;
            case TensorType.UInt16:
                Cast<ushort>(from, to);
                break;
            case TensorType.UInt32:
                Cast<uint>(from, to);
                break;
            case TensorType.UInt64:
                Cast<ulong>(from, to);
                break;
            case TensorType.Int8:
                Cast<sbyte>(from, to);
                break;
            case TensorType.Int16:
                Cast<short>(from, to);
                break;
            case TensorType.Int32:
                Cast<int>(from, to);
                break;
            case TensorType.Int64:
                Cast<long>(from, to);
                break;
            case TensorType.Float16:
                Cast<Half>(from, to);
                break;
            case TensorType.Float32:
                Cast<float>(from, to);
                break;
            case TensorType.Float64:
                Cast<double>(from, to);
                break;
            default:
                throw Check.Unreachable(from.Type);
        }

        return null;
    }

    private static void Cast<TFrom>(Tensor from, Tensor to)
        where TFrom : unmanaged, INumber<TFrom>
    {
        ReadOnlySpan<TFrom> values = from.Values<TFrom>();
        switch (to.Type)
        {
            case TensorType.Bool:
                for (int i = 0; i < values.Length; i++)
                {
                    to.Bytes[i] = (byte)(values[i] == TFrom.Zero ? 0 : 1);
                }

                break;
            case TensorType.UInt8:
                Cast<TFrom, byte>(values, to);
                break;
            case TensorType.UInt16:
                Cast<TFrom, ushort>(values, to);
                break;
            case TensorType.UInt32:
                Cast<TFrom, uint>(values, to);
                break;
            case TensorType.UInt64:
                Cast<TFrom, ulong>(values, to);
                break;
            case TensorType.Int8:
                Cast<TFrom, sbyte>(values, to);
                break;
            case TensorType.Int16:
                Cast<TFrom, short>(values, to);
                break;
            case TensorType.Int32:
                Cast<TFrom, int>(values, to);
                break;
            case TensorType.Int64:
                Cast<TFrom, long>(values, to);
                break;
            case TensorType.Float16:
                Cast<TFrom, Half>(values, to);
                break;
            case TensorType.Float32:
                Cast<TFrom, float>(values, to);
                break;
            case TensorType.Float64:
                Cast<TFrom, double>(values, to);
                break;
            default:
                throw Check.Unreachable(to.Type);
        }
    }

    private static void Cast<TFrom, TTo>(ReadOnlySpan<TFrom> values, Tensor to)
        where TFrom : unmanaged, INumber<TFrom>
        where TTo : unmanaged, INumber<TTo>
    {
        Span<TTo> made = to.Values<TTo>();
        for (int i = 0; i < made.Length && i < values.Length; i++)
        {
            made[i] = TTo.CreateSaturating(values[i]);
        }
    }
}
