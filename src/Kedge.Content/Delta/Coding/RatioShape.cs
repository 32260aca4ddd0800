namespace Kedge.Content.Delta.Coding;

/// <summary>How quantised elements are to be understood.</summary>
/// <param name="Middle">The byte that stands for zero: 0 or 128.</param>
/// <param name="Period">Elements so far apart share a scale: 1 where all do,
/// 1..<see cref="RatioCodec.PeriodMax"/>.</param>
internal readonly record struct RatioShape(byte Middle, int Period);
