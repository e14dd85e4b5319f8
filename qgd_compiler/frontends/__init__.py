"""Readers: files of matrices and vectors, and specs, to structure trees and measured facts."""
