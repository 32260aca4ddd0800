namespace Kedge.Content.Delta.Coding;

/// <summary>How the differences of one run of elements are taken.</summary>
/// <param name="Reference">What from.</param>
/// <param name="Shift">Low bits that are zero in all of them, 0..63, below the width of an element.</param>
internal readonly record struct DifferenceChoice(DifferenceReference Reference, int Shift);
