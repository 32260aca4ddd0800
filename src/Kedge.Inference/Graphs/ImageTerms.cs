namespace Kedge.Inference.Graphs;

/// <summary>How an image is to be decoded.</summary>
/// <param name="Channels">1 for grey, 3 for red, green, blue.</param>
/// <param name="PixelsMax">More pixels are refused before any is decoded: 1 or more.</param>
/// <param name="Upright">Turns it as its EXIF orientation says.</param>
public readonly record struct ImageTerms(int Channels, int PixelsMax, bool Upright);
