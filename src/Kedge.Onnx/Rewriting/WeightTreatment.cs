namespace Kedge.Onnx.Rewriting;

/// <summary>How a rewriting treats a weight.</summary>
public enum WeightTreatment
{
    /// <summary>Not a valid value.</summary>
    Unknown = 0,

    /// <summary>As it was, for a reason that the report gives.</summary>
    Kept = 1,

    /// <summary>Stored in 16 bits, widened when the model is loaded.</summary>
    StoredHalf = 2,

    /// <summary>Stored in 8 bits, widened when the model is loaded.</summary>
    StoredInt8 = 3,

    /// <summary>Stored in 8 bits and multiplied in 8 bits.</summary>
    ComputedInt8 = 4,
}
